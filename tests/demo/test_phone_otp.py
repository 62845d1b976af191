"""The phone with PIN and one-time password: its passkey signs for no other token, its app shows what foreign software shows."""

import json
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from demo.passkey import Passkey
from demo.phone import Phone, open_http
from demo.phone.errors import AppUnreadable, TransactionRefused
from demo.phone.otp import App, OneTimePasswords
from tests.demo.account_server import ADDRESS, TOKEN, AccountServer, account_serving, rebound
from tests.demo.phone_server import in_loop
from tests.demo.test_phone_account import Alter, other_challenge
from tests.demo.test_phone_commands import run
from tests.harness import authenticator, oathtool

PIN, CODE = "739154", "123456"


@asynccontextmanager
async def enrolled() -> AsyncIterator[tuple[AccountServer, OneTimePasswords]]:
    async with account_serving() as server, open_http() as http:
        phone = Phone(server.origin, Passkey(), http)
        await phone.enroll(f"{server.origin}/enroll#link-secret")
        yield server, OneTimePasswords(phone)


@in_loop
async def test_sets_removes_finds_again_and_unlocks() -> None:
    async with enrolled() as (server, otp):
        offer = await otp.offer()
        await otp.set_up(offer.id, PIN, CODE)
        await otp.set_up(await otp.named("SN-1"), PIN, CODE)
        await otp.resynchronise(TOKEN, "111222", "333444")
        await otp.unlock()
        await otp.change_pin("846205")
        await otp.remove(TOKEN)
        assert server.done == ["set_otp", "set_otp", "resynchronise_otp", "unlock_otp", "change_pin", "remove_otp"]
        assert server.beside == [{"pin": PIN, "code": CODE}] * 2 + [{"first": "111222", "second": "333444"}, {}, {"new_pin": "846205"}, {}]
        assert "secret" not in repr(offer)


@pytest.mark.parametrize(
    "alter",
    [
        other_challenge,
        lambda page: rebound("set_otp", page, token_id="U" * 22),
        lambda page: rebound("set_otp", page, type="remove_otp"),
        lambda page: rebound("set_otp", page, more=1),
    ],
    ids=["challenge", "token", "kind", "unknown field"],
)
@in_loop
async def test_another_token_is_not_approved(alter: Alter) -> None:
    """Nor a removal that was called setting it up; PIN and code stay in the phone."""
    async with enrolled() as (server, otp):
        server.alter = alter
        with pytest.raises(TransactionRefused):
            await otp.set_up(TOKEN, PIN, CODE)
        assert (server.done, server.beside) == ([], [])


def test_app_shows_what_foreign_software_shows(tmp_path: Path) -> None:
    """And keeps its secret from others."""
    file = tmp_path / "app.uri"
    App(ADDRESS).save(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    seed = authenticator.App(ADDRESS).seed
    for now in (59, 1_111_111_109, 1_111_111_111, 20_000_000_000):
        assert App.load(file).last_two(now) == (oathtool.totp(seed, now - 30), oathtool.totp(seed, now))
        assert App.load(file).code(now) == oathtool.totp(seed, now)


@pytest.mark.parametrize(
    "address", ["", "nonsense", "otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP&counter=1", "otpauth://totp/x", "otpauth://totp/x?secret=!"]
)
def test_what_is_no_app_is_said_so(address: str) -> None:
    with pytest.raises(AppUnreadable):
        App(address)


@in_loop
async def test_command_line(tmp_path: Path) -> None:
    """PIN and codes from standard input; without an app, or without saying which token, it says so."""
    file, app = ("--passkey", str(tmp_path / "alice.json")), ("--app", str(tmp_path / "app.uri"))
    async with account_serving() as server:
        await run("enroll", "-", *file, stdin=f"{server.origin}/enroll#link-secret\n")
        assert (await run("resynchronise-otp", *file, *app))[0] == 4
        assert json.loads((await run("set-otp", *file, *app, "--json", stdin=f"{PIN}\n"))[1]) == {"token_id": TOKEN, "state": "done"}
        assert server.beside[-1]["pin"] == PIN
        assert (await run("set-otp", "--serial", "SN-1", *file, stdin=f"{PIN}\n{CODE}\n"))[0] == 0
        assert server.beside[-1] == {"pin": PIN, "code": CODE}
        assert (await run("resynchronise-otp", *file, *app))[0] == 0
        assert (await run("resynchronise-otp", "--codes", *file, stdin="111222\n333444\n"))[0] == 0
        assert server.beside[-1] == {"first": "111222", "second": "333444"}
        assert (await run("unlock-otp", *file))[0] == 0
        assert (await run("change-pin", *file, stdin="846205\n"))[0] == 0
        assert server.beside[-1] == {"new_pin": "846205"}
        assert "PIN set" in (await run("passkeys", *file))[1]
        assert (await run("remove-otp", "--token", "another", *file))[0] == 4
        assert json.loads((await run("remove-otp", *file, "--json"))[1]) == {"token_id": TOKEN, "removed": True}
        assert "--pin" not in (await run("set-otp", "--help"))[1]
