"""A stand-in for what the authorization server does with a signer's own keys and devices; every passkey answer is verified."""

import hashlib
import json
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import rfc8785
from aiohttp import web
from webauthn import generate_authentication_options, generate_registration_options, verify_registration_response
from webauthn.helpers import options_to_json_dict
from webauthn.helpers.exceptions import WebAuthnException

from demo.passkey import from_base64url, to_base64url
from tests.demo.phone_server import Server, refused, serving_with

KEY = "key-1"
DOMAINS = {
    kind: f"natsuin/v1/{kind.replace('_', '-')}\x00".encode()
    for kind in (
        "new_passkey",
        "add_passkey",
        "remove_passkey",
        "unfreeze",
        "set_otp",
        "remove_otp",
        "resynchronise_otp",
        "unlock_otp",
        "change_pin",
    )
}
TOKEN = "T" * 22
ADDRESS = "otpauth://totp/Natsuin:alice?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Natsuin"
OTHER = {"id": "B" * 22, "name": "Second", "added": 1, "last_used": 0, "synced": False, "current": False}


class AccountServer(Server):
    """One key that may be frozen, one device that may be added; `alter` changes what is asked before it is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.state = "active"
        self.removable = {"id": "", "name": "Second"}
        self.made: Any = None
        self.offered = b""
        self.changes: dict[str, tuple[str, bytes]] = {}
        self.done: list[str] = []
        self.beside: list[dict[str, Any]] = []
        self.code = "482 913"

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/account", self.account)
        app.router.add_post("/account/add", self.link_for_new)
        app.router.add_get("/account/add/{id}", self.addition)
        app.router.add_post("/new-device/options", self.new_options)
        app.router.add_post("/new-device", self.new_device)
        app.router.add_post("/account/change", self.propose)
        app.router.add_post("/account/change/{id}", self.amend)
        app.router.add_post("/freeze", self.freeze)
        app.router.add_post("/account/otp/offer", self.offer)
        app.router.add_post("/account/otp/serial", self.serial)
        app.router.add_get("/history", self.history)

    async def account(self, request: web.Request) -> web.Response:
        key = {"credential_id": KEY, "state": self.state, "until": None, "not_after": 2_000_000_000}
        devices = [OTHER | self.removable] if self.removable["id"] else []
        token = {"id": TOKEN, "is_app": True, "end": "", "kind": "totp"}
        otp = {"tokens": [token], "offered": None, "has_pin": True, "locked": False}
        return web.json_response({"user_id": "alice", "name": "Alice", "keys": [key], "devices": devices, "otp": otp})

    async def link_for_new(self, request: web.Request) -> web.Response:
        return web.json_response({"id": "A" * 22, "link": f"{self.origin}/new-device#new-secret", "expires_in": 600})

    async def addition(self, request: web.Request) -> web.Response:
        return web.json_response({"state": "made", "code": self.code})

    async def new_options(self, request: web.Request) -> web.Response:
        self.offered = rfc8785.dumps(common("new_passkey"))
        options = generate_registration_options(
            rp_id="localhost", rp_name="Natsuin", user_name="alice", challenge=challenge("new_passkey", self.offered)
        )
        page = {"transaction": to_base64url(self.offered), "publicKey": options_to_json_dict(options)}
        self.alter(page)
        return web.json_response(page)

    async def new_device(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.made = verify_registration_response(
            credential=body["credential"],
            expected_challenge=challenge("new_passkey", self.offered),
            expected_rp_id="localhost",
            expected_origin=self.origin,
            require_user_verification=True,
        )
        return web.json_response({"state": "made", "name": body.get("name", "Device"), "code": "482 913"})

    async def propose(self, request: web.Request) -> web.Response:
        body = await request.json()
        fields: dict[str, Any] = {"credential_id": KEY}
        if body["change"] == "add_passkey":
            fields = {
                "made_over_sha256": hashlib.sha256(self.offered).hexdigest(),
                "name": "Second",
                "passkey_id": standard(self.made.credential_id),
                "public_key": standard(self.made.credential_public_key),
            }
        elif body["change"] == "remove_passkey":
            fields = {"name": "Second", "passkey_id": standard(b"second-passkey")}
        elif body["change"].endswith("_otp") or body["change"] == "change_pin":
            fields = {"token_id": body["of"]} if body["of"] else {}
        raw = rfc8785.dumps(common(body["change"]) | fields)
        id_ = json.loads(raw)["id"]
        self.changes[id_] = (body["change"], raw)
        options = generate_authentication_options(rp_id="localhost", challenge=challenge(body["change"], raw))
        page = {"id": id_, "transaction": to_base64url(raw), "publicKey": options_to_json_dict(options)}
        self.alter(page)
        return web.json_response(page)

    async def amend(self, request: web.Request) -> web.Response:
        kind, raw = self.changes[request.match_info["id"]]
        body = await request.json()
        try:
            self.verify(body.pop("credential"), challenge(kind, raw))
        except WebAuthnException:
            return refused("evidence_refused", 400)
        self.done.append(kind)
        self.beside.append(body)
        if kind == "unfreeze":
            self.state = "active"
        return web.json_response({"state": "done"})

    async def offer(self, request: web.Request) -> web.Response:
        return web.json_response({"id": TOKEN, "link": ADDRESS})

    async def serial(self, request: web.Request) -> web.Response:
        assert (await request.json())["serial"] == "SN-1"
        return web.json_response({"id": TOKEN})

    async def freeze(self, request: web.Request) -> web.Response:
        assert (await request.json())["for"] in ("hour", "day", "until_i_say")
        self.state = "frozen"
        return web.json_response({"keys": [{"credential_id": KEY, "state": "frozen", "until": None}]})

    async def history(self, request: web.Request) -> web.Response:
        entry = {"id": "C" * 22, "kind": "signature", "at": 1, "reference": "A7F2-93KD", "application": "Shop\x1b[2J", "state": "signed"}
        return web.json_response({"entries": [entry], "next": None})


@asynccontextmanager
async def account_serving() -> AsyncIterator[AccountServer]:
    server = AccountServer()
    async with serving_with(server, server.routes):
        yield server


def common(kind: str) -> dict[str, Any]:
    now = int(time.time())
    return {
        "created": now,
        "enrollment_id": "E" * 22,
        "expires": now + 600,
        "id": secrets.token_hex(11),
        "nonce": secrets.token_urlsafe(32),
        "signer": "alice",
        "type": kind,
        "version": 1,
    }


def challenge(kind: str, raw: bytes) -> bytes:
    return hashlib.sha256(DOMAINS[kind] + raw).digest()


def standard(value: bytes) -> str:
    """Base64 as transactions write bytes."""
    text = to_base64url(value).replace("-", "+").replace("_", "/")
    return text + "=" * (-len(text) % 4)


def rebound(kind: str, page: dict[str, Any], **changes: Any) -> None:
    """Lie consistently: other fields, and the challenge that fits them."""
    raw = rfc8785.dumps(json.loads(from_base64url(page["transaction"])) | changes)
    page["transaction"] = to_base64url(raw)
    page["publicKey"]["challenge"] = to_base64url(challenge(kind, raw))
