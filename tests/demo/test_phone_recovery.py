"""The phone with recovery codes: it makes them, has only their hashes approved, and its new passkey answers for the code given."""

import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from aiohttp import web
from webauthn import generate_authentication_options, generate_registration_options, verify_registration_response
from webauthn.helpers import options_to_json_dict

from demo.ca.code import new_code, read_code
from demo.passkey import Passkey, from_base64url, to_base64url
from demo.phone import Phone, open_http, recovery
from demo.phone.errors import CodeMistyped, TransactionRefused
from tests.demo.account_server import AccountServer, common
from tests.demo.phone_server import in_loop, refused, serving_with
from tests.demo.test_phone_commands import run
from tests.harness.stack import Stack

Alter = Callable[[dict[str, Any]], None]
WAITING = {"id": "R" * 22, "state": "waiting", "name": "New", "until": 1_800_000_000}


def hashed(code: str) -> str:
    return hashlib.sha256(b"natsuin/v1/recovery-code\x00" + read_code(code).encode()).hexdigest()


def challenge(kind: str, raw: bytes) -> bytes:
    return hashlib.sha256(b"natsuin/v1/" + kind.encode() + b"\x00" + raw).digest()


class RecoveryServer(AccountServer):
    """Keeps hashes, and one device that waits."""

    def __init__(self) -> None:
        super().__init__()
        self.hashes: list[str] = []
        self.composed = self.asked = b""
        self.recovered: Any = None

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/account/recovery", self.codes)
        app.router.add_post("/account/recovery/{id}/stop", self.stop)
        app.router.add_post("/account/change", self.propose)
        app.router.add_post("/account/change/{id}", self.amend)
        app.router.add_post("/recover/options", self.recover_options)
        app.router.add_post("/recover", self.recover)

    async def codes(self, request: web.Request) -> web.Response:
        waiting = [WAITING] if self.recovered else []
        return web.json_response({"enrollment_id": "E" * 22, "number": 4, "left": len(self.hashes), "waiting": waiting})

    async def stop(self, request: web.Request) -> web.Response:
        return web.json_response(WAITING | {"state": "stopped"})

    async def propose(self, request: web.Request) -> web.Response:
        _, *hashes = (await request.json())["of"].split(" ")
        self.composed = rfc8785.dumps(common("set_recovery") | {"codes": hashes})
        options = generate_authentication_options(rp_id="localhost", challenge=challenge("set-recovery", self.composed))
        id_ = json.loads(self.composed)["id"]
        page = {"id": id_, "transaction": to_base64url(self.composed), "publicKey": options_to_json_dict(options)}
        self.alter(page)
        return web.json_response(page)

    async def amend(self, request: web.Request) -> web.Response:
        self.verify((await request.json())["credential"], challenge("set-recovery", self.composed))
        self.hashes = json.loads(self.composed)["codes"]
        return web.json_response({"state": "done"})

    async def recover_options(self, request: web.Request) -> web.Response:
        code = hashed((await request.json())["code"])
        if code not in self.hashes:
            return refused("link_unknown", 404)
        if self.recovered:
            return web.json_response(WAITING | {"transaction": None, "publicKey": None})
        self.asked = rfc8785.dumps(common("recover") | {"code_sha256": code})
        asked = challenge("recover", self.asked)
        options = generate_registration_options(rp_id="localhost", rp_name="Natsuin", user_name="alice", challenge=asked)
        page = {"state": "unused", "transaction": to_base64url(self.asked), "publicKey": options_to_json_dict(options)}
        self.alter(page)
        return web.json_response(page)

    async def recover(self, request: web.Request) -> web.Response:
        self.recovered = verify_registration_response(
            credential=(await request.json())["credential"],
            expected_challenge=challenge("recover", self.asked),
            expected_rp_id="localhost",
            expected_origin=self.origin,
            require_user_verification=True,
        )
        return web.json_response(WAITING)


@asynccontextmanager
async def recovering() -> AsyncIterator[tuple[RecoveryServer, Phone, Phone]]:
    server = RecoveryServer()
    async with serving_with(server, server.routes), open_http() as http:
        phone = Phone(server.origin, Passkey(), http)
        await phone.enroll(f"{server.origin}/enroll#link-secret")
        yield server, phone, Phone(server.origin, Passkey(), http)


def rebound(kind: str, page: dict[str, Any], **changes: Any) -> None:
    """Lie consistently: other fields, and the challenge that fits them."""
    raw = rfc8785.dumps(json.loads(from_base64url(page["transaction"])) | changes)
    page["transaction"] = to_base64url(raw)
    page["publicKey"]["challenge"] = to_base64url(challenge(kind, raw))


@in_loop
async def test_makes_codes_and_recovers_with_one() -> None:
    async with recovering() as (server, phone, new):
        codes = await recovery.make_codes(phone)
        assert server.hashes == [hashed(code) for code in codes]
        begun = await recovery.recover(new, codes[1].lower(), "New")
        assert (begun.state, server.recovered.credential_id) == ("waiting", new.passkey.credential_id)
        assert [one.id for one in (await recovery.look(phone)).waiting] == [begun.id]
        assert (await recovery.stop(phone, begun.id)).state == "stopped"
        with pytest.raises(TransactionRefused, match="used before"):
            await recovery.recover(new, codes[1])


@pytest.mark.parametrize(
    "alter",
    [
        lambda page: page["publicKey"].update(challenge=to_base64url(bytes(32))),
        lambda page: rebound("set-recovery", page, codes=[hashed(new_code())] * 4),
        lambda page: rebound("set-recovery", page, codes=[]),
        lambda page: rebound("set-recovery", page, enrollment_id="F" * 22),
        lambda page: rebound("set-recovery", page, more=1),
        lambda page: rebound("destroy", page, type="destroy"),
    ],
    ids=["challenge", "other codes", "none", "another enrolment", "unknown field", "kind"],
)
@in_loop
async def test_other_codes_are_not_approved(alter: Alter) -> None:
    async with recovering() as (server, phone, _):
        server.alter = alter
        with pytest.raises(TransactionRefused):
            await recovery.make_codes(phone)
        assert server.hashes == []


@pytest.mark.parametrize(
    "alter",
    [
        lambda page: page["publicKey"].update(challenge=to_base64url(bytes(32))),
        lambda page: rebound("recover", page, code_sha256=hashed(new_code())),
        lambda page: rebound("recover", page, type="new_passkey"),
        lambda page: page.update(transaction="*"),
    ],
    ids=["challenge", "another code", "kind", "base64"],
)
@in_loop
async def test_passkey_is_made_for_this_code_only(alter: Alter) -> None:
    async with recovering() as (server, phone, new):
        codes = await recovery.make_codes(phone)
        server.alter = alter
        with pytest.raises(TransactionRefused):
            await recovery.recover(new, codes[0])
        assert new.passkey.is_empty


@in_loop
async def test_mistyped_code_is_not_sent() -> None:
    async with recovering() as (_, _, new):
        for code in ("", "nonsense", new_code()[:-1]):
            with pytest.raises(CodeMistyped):
                await recovery.recover(new, code)


@in_loop
async def test_command_line(stack: Stack, tmp_path: Path) -> None:
    """At the real server: codes on the screen once, one from standard input, a phone that waits and is told so, stopped from the other."""
    alice, new = ("--passkey", str(tmp_path / "alice.json")), ("--passkey", str(tmp_path / "new.json"))
    await run("enroll", "-", *alice, stdin=f"{stack.enrollment_url()}\n")
    _, shown = await run("make-recovery-codes", *alice)
    assert [bool(read_code(line)) for line in shown.splitlines()] == [True] * 4
    status, text = await run("make-recovery-codes", *alice, "--json")
    codes = json.loads(text)["codes"]
    assert (status, len({read_code(code) for code in codes})) == (0, 4)
    assert (await run("recover", "--origin", stack.origin, *new, stdin="nonsense\n"))[0] == 2
    status, text = await run("recover", "--origin", stack.origin, "--name", "New", *new, "--json", stdin=f"{codes[0]}\n")
    assert (status, json.loads(text)["state"]) == (0, "waiting")
    assert (await run("recover", "--origin", stack.origin, *new, stdin=f"{codes[1]}\n"))[0] == 4  # the file holds a passkey already
    status, text = await run("sign-in", *new)
    assert (status, "its waiting time is not over" in text) == (1, True)
    assert "New, may approve from" in (await run("recovery-codes", *alice))[1]
    seen = json.loads((await run("recovery-codes", *alice, "--json"))[1])
    assert (seen["left"], seen["waiting"][0]["name"]) == (3, "New")
    assert json.loads((await run("stop-recovery", seen["waiting"][0]["id"], *alice, "--json"))[1])["state"] == "stopped"
    assert (await run("stop-recovery", "A" * 22, *alice))[0] == 1
    assert "was stopped" in (await run("sign-in", *new))[1]
