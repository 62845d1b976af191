"""The phone with what is the signer's own: its passkey signs only the change that was asked for, and nothing that it does not show."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from demo.passkey import Passkey, to_base64url
from demo.phone import Account, Phone, open_http
from demo.phone.account import NewPhone
from demo.phone.errors import AddressRefused, TransactionRefused
from tests.demo.account_server import KEY, AccountServer, account_serving, rebound, standard
from tests.demo.phone_server import in_loop
from tests.demo.test_phone_commands import run

Alter = Callable[[dict[str, Any]], None]


@asynccontextmanager
async def enrolled() -> AsyncIterator[tuple[AccountServer, Account, NewPhone]]:
    async with account_serving() as server, open_http() as http:
        phone = Phone(server.origin, Passkey(), http)
        await phone.enroll(f"{server.origin}/enroll#link-secret")
        second = hashlib.sha256(b"second-passkey").digest()
        server.removable["id"] = base64.urlsafe_b64encode(second).decode()[:22]
        yield server, Account(phone), NewPhone(Phone(server.origin, Passkey(), http))


@in_loop
async def test_adds_removes_freezes_and_unfreezes() -> None:
    async with enrolled() as (server, account, new):
        link = await account.begin_adding()
        assert (await new.join(link.link, "Second")).code == "482 913"
        await account.approve_new(link, new)
        (device,) = (await account.look()).devices
        await account.remove(device)
        assert (await account.freeze("day"))[0].state == "frozen"
        await account.unfreeze(KEY)
        assert server.done == ["add_passkey", "remove_passkey", "unfreeze"]
        assert (await account.history()).entries[0].reference == "A7F2-93KD"


@in_loop
async def test_other_digits_are_not_approved() -> None:
    async with enrolled() as (server, account, new):
        link = await account.begin_adding()
        await new.join(link.link)
        server.code = "482 914"
        with pytest.raises(TransactionRefused, match="digits"):
            await account.approve_new(link, new)
        assert server.done == []


@in_loop
async def test_link_of_another_server_is_refused() -> None:
    async with enrolled() as (_, _, new):
        for link in ("http://localhost:1/new-device#x", "/new-device#x", "nonsense"):
            with pytest.raises(AddressRefused):
                await new.join(link)
        assert new.passkey.is_empty


def other_challenge(page: dict[str, Any]) -> None:
    page["publicKey"]["challenge"] = to_base64url(bytes(32))


@pytest.mark.parametrize(
    "alter",
    [
        other_challenge,
        lambda page: rebound("add_passkey", page, public_key=standard(b"another key")),
        lambda page: rebound("add_passkey", page, passkey_id=standard(b"another passkey")),
        lambda page: rebound("add_passkey", page, made_over_sha256="0" * 64),
        lambda page: rebound("unfreeze", page, type="unfreeze"),
        lambda page: rebound("add_passkey", page, more=1),
        lambda page: page.update(id="x" * 22),
    ],
    ids=["challenge", "public key", "passkey", "what it answered", "kind", "unknown field", "id"],
)
@in_loop
async def test_another_passkey_is_not_approved(alter: Alter) -> None:
    async with enrolled() as (server, account, new):
        link = await account.begin_adding()
        await new.join(link.link)
        server.alter = alter
        with pytest.raises(TransactionRefused):
            await account.approve_new(link, new)
        assert server.done == []


@pytest.mark.parametrize(
    "alter",
    [
        other_challenge,
        lambda page: rebound("unfreeze", page, credential_id="key-2"),
        lambda page: rebound("unfreeze", page, type="destroy"),
        lambda page: rebound("unfreeze", page, version=2),
        lambda page: page.update(transaction="*"),
    ],
    ids=["challenge", "key", "kind", "version", "base64"],
)
@in_loop
async def test_another_key_is_not_unfrozen(alter: Alter) -> None:
    """Nor is a destruction approved that was called using it again."""
    async with enrolled() as (server, account, _):
        server.alter = alter
        with pytest.raises(TransactionRefused):
            await account.unfreeze(KEY)
        assert server.done == []


@in_loop
async def test_another_passkey_is_not_removed() -> None:
    async with enrolled() as (server, account, _):
        (device,) = (await account.look()).devices
        for changes in ({"passkey_id": standard(b"third")}, {"name": "Third"}):
            server.alter = lambda page, changes=changes: rebound("remove_passkey", page, **changes)  # type: ignore[misc]  # bound now
            with pytest.raises(TransactionRefused):
                await account.remove(device)
        assert server.done == []


@in_loop
async def test_new_passkey_answers_what_is_shown() -> None:
    """Its challenge is that of the transaction, which is of the one kind that grants nothing."""
    for alter in (other_challenge, lambda page: rebound("add_passkey", page, type="add_passkey")):
        async with enrolled() as (server, account, new):
            link = await account.begin_adding()
            server.alter = alter
            with pytest.raises(TransactionRefused):
                await new.join(link.link)
            assert new.passkey.is_empty


@in_loop
async def test_command_line(tmp_path: Path) -> None:
    """JSON for programs, sentences without terminal commands for people, exit codes."""
    file = ("--passkey", str(tmp_path / "alice.json"))
    second = tmp_path / "second.json"
    async with account_serving() as server:
        await run("enroll", "-", *file, stdin=f"{server.origin}/enroll#link-secret\n")
        status, text = await run("add-passkey", str(second), "--name", "Second", *file, "--json")
        assert (status, json.loads(text)["code"]) == (0, "482 913")
        assert Passkey.load(second).rp_id == "localhost"
        assert (await run("add-passkey", str(second), *file))[0] == 4
        server.removable["id"] = base64.urlsafe_b64encode(hashlib.sha256(b"second-passkey").digest()).decode()[:22]
        assert [one["name"] for one in json.loads((await run("passkeys", *file, "--json"))[1])["devices"]] == ["Second"]
        assert "Second" in (await run("passkeys", *file))[1]
        assert json.loads((await run("remove-passkey", "Second", *file, "--json"))[1])["removed"] is True
        assert (await run("remove-passkey", "Third", *file))[0] == 4
        assert json.loads((await run("freeze", "--for", "hour", *file, "--json"))[1])["keys"][0]["state"] == "frozen"
        assert (await run("freeze", "--for", "week", *file))[0] == 2
        assert json.loads((await run("unfreeze", *file, "--json"))[1]) == {"credential_id": KEY, "state": "active"}
        assert json.loads((await run("history", *file, "--json"))[1])["entries"][0]["state"] == "signed"
        shown = (await run("history", *file))[1]
        assert "A7F2-93KD" in shown
        assert "\x1b" not in shown
        server.alter = other_challenge
        assert (await run("unfreeze", KEY, *file))[0] == 4
