"""A small stand-in for the authorization server: one signer, and every passkey answer verified with the `webauthn` library."""

import asyncio
import base64
import functools
import hashlib
import secrets
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import rfc8785
from aiohttp import web
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import options_to_json_dict
from webauthn.helpers.exceptions import WebAuthnException

from demo.passkey import to_base64url


class Server:
    """One signer, one link, authorizations in a dict; the checks that matter to the phone."""

    def __init__(self) -> None:
        self.origin = ""
        self.link: str | None = "link-secret"
        self.challenges: dict[str, bytes] = {}
        self.registered: Any = None
        self.sign_count = 0
        self.sessions: set[str] = set()
        self.authorizations: dict[str, dict[str, Any]] = {}
        self.has_certificate = True
        self.is_guarded = True  # False: whoever comes is taken for signed in
        self.files: dict[str, bytes] = {}  # by their addresses
        self.alter: Callable[[dict[str, Any]], None] = lambda page: None

    def ask(self, code: str | None = None, **changes: Any) -> str:
        authorization_id = secrets.token_hex(11)
        transaction: dict[str, Any] = {
            "application_id": "app",
            "application_name": "Contracts [bold]Ltd\x1b[2J",
            "certificate_sha256": "00" * 32,
            "created": int(time.time()),
            "credential_id": "key-1",
            "description": "売買契約書への署名",
            "documents": [{"hash": base64.b64encode(hashlib.sha256(b"contract").digest()).decode(), "label": "contract.pdf"}],
            "expires": int(time.time()) + 180,
            "hash_algorithm": "2.16.840.1.101.3.4.2.1",
            "id": authorization_id,
            "nonce": secrets.token_urlsafe(32),
            "signer": "alice",
            "type": "sign",
            "version": 1,
        }
        canonical = rfc8785.dumps(transaction | changes)
        self.authorizations[authorization_id] = {"state": "pending", "canonical": canonical, "code": code, "reason": None}
        return authorization_id

    def verify(self, credential: dict[str, Any], challenge: bytes) -> None:
        self.sign_count = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id="localhost",
            expected_origin=self.origin,
            credential_public_key=self.registered.credential_public_key,
            credential_current_sign_count=self.sign_count,
            require_user_verification=True,
        ).new_sign_count

    def session(self, answer: dict[str, Any]) -> web.Response:
        response = web.json_response(answer)
        session = secrets.token_urlsafe(16)
        self.sessions.add(session)
        response.set_cookie("natsuin", session, httponly=True, samesite="Lax")
        return response

    async def enroll_options(self, request: web.Request) -> web.Response:
        if (await request.json())["link"] != self.link:
            return refused("link_unknown", 404)
        if self.registered:
            return web.json_response({"user_id": "alice", "name": "Alice", "publicKey": None, "made": "key"})
        options = generate_registration_options(rp_id="localhost", rp_name="Natsuin", user_name="alice")
        self.challenges["enroll"] = options.challenge
        return web.json_response({"user_id": "alice", "name": "Alice", "publicKey": options_to_json_dict(options), "made": None})

    async def enroll(self, request: web.Request) -> web.Response:
        credential = (await request.json())["credential"]
        here = credential is not None
        if not self.registered:
            self.registered = verify_registration_response(
                credential=credential,
                expected_challenge=self.challenges["enroll"],
                expected_rp_id="localhost",
                expected_origin=self.origin,
                require_user_verification=True,
            )
            self.sign_count = self.registered.sign_count
        if not self.has_certificate:
            return refused("certificate_unavailable", 503, headers={"Retry-After": "7"})
        self.link = None
        enrolled = {"user_id": "alice", "name": "Alice", "credential_id": "key-1", "not_after": 2_000_000_000, "here": here}
        return self.session(enrolled) if here else web.json_response(enrolled)

    async def sign_in_options(self, request: web.Request) -> web.Response:
        options = generate_authentication_options(rp_id="localhost")
        self.challenges["c1"] = options.challenge
        return web.json_response({"ceremony": "c1", "publicKey": options_to_json_dict(options)})

    async def sign_in(self, request: web.Request) -> web.Response:
        body = await request.json()
        try:
            self.verify(body["credential"], self.challenges.pop(body["ceremony"]))
        except WebAuthnException:
            return refused("sign_in_refused", 400)
        return self.session({"user_id": "alice", "name": "Alice"})

    async def sign_out(self, request: web.Request) -> web.Response:
        response = web.json_response({})
        response.del_cookie("natsuin")
        return response

    async def inbox(self, request: web.Request) -> web.Response:
        waiting = [
            {"id": key, "application": "Contracts Ltd", "description": "売買契約書", "documents": 1, "expires_in": 170}
            for key, authorization in self.authorizations.items()
            if authorization["state"] == "pending"
        ]
        return web.json_response({"waiting": waiting})

    async def page(self, request: web.Request) -> web.Response:
        authorization = self.authorizations[request.match_info["id"]]
        options = None
        if authorization["state"] == "pending":
            challenge = hashlib.sha256(b"natsuin/v1/sign\x00" + authorization["canonical"]).digest()
            options = options_to_json_dict(generate_authentication_options(rp_id="localhost", challenge=challenge))
        page = {
            "state": authorization["state"],
            "transaction": to_base64url(authorization["canonical"]),
            "publicKey": options,
            "code_digits": len(authorization["code"] or ""),
            "expires_in": 170,
        }
        self.alter(page)
        return web.json_response(page)

    async def file(self, request: web.Request) -> web.Response:
        return web.Response(body=self.files[request.path])

    async def approve(self, request: web.Request) -> web.Response:
        authorization = self.authorizations[request.match_info["id"]]
        body = await request.json()
        if authorization["state"] != "pending":
            return refused("ended", 409, state=authorization["state"])
        try:
            self.verify(body["credential"], hashlib.sha256(b"natsuin/v1/sign\x00" + authorization["canonical"]).digest())
        except WebAuthnException:
            return refused("evidence_refused", 400)
        if body["code"] != authorization["code"]:
            return refused("wrong_code", 403, tries_left=2)
        authorization["state"] = "approved"
        return web.json_response({"state": "approved"})

    async def refuse(self, request: web.Request) -> web.Response:
        authorization = self.authorizations[request.match_info["id"]]
        authorization |= {"state": "refused", "reason": (await request.json())["reason"]}
        return web.json_response({"state": "refused"})

    @web.middleware
    async def guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.method == "POST" and (request.headers.get("Origin"), request.content_type) != (self.origin, "application/json"):
            return refused("forbidden", 403)
        is_open = request.path.startswith(("/enroll", "/sign-in", "/new-device", "/recover"))
        if self.is_guarded and not is_open and request.cookies.get("natsuin") not in self.sessions:
            return refused("session_required", 401)
        response: web.StreamResponse = await handler(request)
        return response


def refused(code: str, status: int, headers: dict[str, str] | None = None, **details: Any) -> web.Response:
    return web.json_response({"error": code} | details, status=status, headers=headers)


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    server = Server()
    async with serving_with(server):
        yield server


@asynccontextmanager
async def serving_with(server: Server, more: Callable[[web.Application], None] = lambda _: None) -> AsyncIterator[None]:
    app = web.Application(middlewares=[server.guard])
    app.router.add_post("/enroll/options", server.enroll_options)
    app.router.add_post("/enroll", server.enroll)
    app.router.add_post("/sign-in/options", server.sign_in_options)
    app.router.add_post("/sign-in", server.sign_in)
    app.router.add_post("/sign-out", server.sign_out)
    app.router.add_get("/inbox", server.inbox)
    app.router.add_get("/approve/{id}", server.page)
    app.router.add_get("/approve/{id}/documents/{position}", server.file)
    app.router.add_post("/approve/{id}", server.approve)
    app.router.add_post("/approve/{id}/refuse", server.refuse)
    more(app)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.origin = f"http://localhost:{runner.addresses[0][1]}"
    try:
        yield
    finally:
        await runner.cleanup()


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(test(*args, **kwargs))

    return run
