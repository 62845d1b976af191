"""
A CSC service in memory for the tests of the relying application: real keys, real certificates, and one switch per way to misbehave.

It answers as CSC API v2 and the contract of the authorization server say; it has no phone: `decision` says what the signer does.
"""

import asyncio
import base64
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from asn1crypto.algos import RSASSAPSSParams
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding

from demo.validate import (
    Authority,
    Verdict,
    validate_with_pdfsig,
    validate_with_pyhanko,
)
from natsuin.client import Account, Asked, AsyncClient
from natsuin.pdf import ask_for, prepare
from tests.demo.relying_pki import Pki, PrivateKey

RSA, RSA_SHA256, RSA_PSS, ECDSA_SHA256, ECDSA_SHA384 = (
    "1.2.840.113549.1.1.1",
    "1.2.840.113549.1.1.11",
    "1.2.840.113549.1.1.10",
    "1.2.840.10045.4.3.2",
    "1.2.840.10045.4.3.3",
)
CONTRACT = Path("demo/samples/contract.pdf").read_bytes()
APPLICATION = Account("relying", "secret")
HASHES: dict[str, hashes.HashAlgorithm] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
}


class Service:
    """The service, its CA, and the signer `taro` with one key; start it with `async with`."""

    def __init__(self, key: PrivateKey) -> None:
        self.key = key
        self.name = "山田 太郎"
        self.most_signatures = 100
        self.progress: str | None = None
        self.decision = "approve"  # approve, or the error code that authorizeCheck answers
        self.reason: str | None = None
        self.state: str | None = None
        self.polls_before_decision = 1
        self.released: asyncio.Event | None = None  # where set, the signer decides only when it is
        self.verification_code: str | None = "47"
        self.is_ca_silent = False  # no CRL, no OCSP
        self.has_root = True
        self.is_busy = False
        self.is_code_needed = False
        self.signs_wrongly = False
        self.replies_to_lose = 0
        self.times_unavailable = 0
        self.calls: list[tuple[str, dict[str, Any], dict[str, str]]] = []
        self.tokens: set[str] = set()
        self.authorized: dict[str, dict[str, Any]] = {}
        self.polls: dict[str, int] = {}
        self.sads: dict[str, list[str]] = {}
        self.sads_given: list[str] = []
        self.given: dict[str, list[str]] = {}
        application = web.Application()
        for path, handler in (
            ("/oauth2/token", self.token),
            ("/csc/v2/credentials/list", self.list),
            ("/csc/v2/credentials/info", self.info),
            ("/csc/v2/credentials/authorize", self.authorize),
            ("/csc/v2/credentials/authorizeCheck", self.check),
            ("/csc/v2/signatures/signHash", self.sign),
            ("/ocsp", self.ocsp),
        ):
            application.router.add_post(path, handler)
        application.router.add_get("/crl", self.crl)
        application.router.add_get("/ca.der", self.ca_der)
        self._server = TestServer(application, host="localhost")

    async def __aenter__(self) -> "Service":
        await self._server.start_server()
        self.origin = f"http://localhost:{self._server.port}"
        self.pki = Pki(self.origin)
        self.certificate = self.pki.issue(self.key, self.name)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._server.close()

    def count(self, endpoint: str) -> int:
        return sum(1 for called, _, _ in self.calls if called.endswith(endpoint))

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        account = base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
        self.calls.append((request.path, dict(form), dict(request.headers)))
        if account != "relying:secret" or form.get("grant_type") != "client_credentials":
            return web.json_response({"error": "invalid_client", "error_description": "Invalid parameter client_secret"}, status=401)
        token = secrets.token_urlsafe(16)
        self.tokens.add(token)
        return web.json_response({"access_token": token, "token_type": "Bearer", "expires_in": 3600})

    async def _read(self, request: web.Request) -> dict[str, Any]:
        body: dict[str, Any] = await request.json()
        self.calls.append((request.path, body, dict(request.headers)))
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise web.HTTPUnauthorized(text='{"error": "invalid_token"}', content_type="application/json")
        if self.times_unavailable > 0 and not request.path.endswith("/authorize"):
            self.times_unavailable -= 1
            text = '{"error": "temporarily_unavailable"}'
            raise web.HTTPServiceUnavailable(text=text, content_type="application/json", headers={"Retry-After": "1"})
        return body

    async def list(self, request: web.Request) -> web.Response:
        body = await self._read(request)
        return web.json_response({"credentialIDs": ["key-1"] if body["userID"] == "taro" else []})

    async def info(self, request: web.Request) -> web.Response:
        await self._read(request)
        is_rsa = isinstance(self.key, rsa.RSAPrivateKey)
        chain: tuple[x509.Certificate, ...] = (self.certificate, self.pki.root)
        certificates = [base64.b64encode(certificate.public_bytes(Encoding.DER)).decode() for certificate in chain]
        algorithms = [RSA, RSA_SHA256, RSA_PSS] if is_rsa else [ECDSA_SHA256, ECDSA_SHA384]
        key = {"status": "enabled", "algo": algorithms, "len": self.key.key_size}
        return web.json_response({"key": key, "cert": {"certificates": certificates}, "SCAL": "2", "multisign": self.most_signatures})

    async def authorize(self, request: web.Request) -> web.Response:
        body = await self._read(request)
        if self.is_busy:
            return web.json_response({"error": "too_many_requests"}, status=429)
        handle = secrets.token_urlsafe(16)
        self.authorized[handle] = body
        answer = {"handle": handle, "approval_url": f"{self.origin}/approve/{handle}", "expiresIn": 180}
        answer |= {"code_url": f"{self.origin}/s", "code_token": "T" * 22, "code_key": "K" * 43}
        if self.is_code_needed:
            del answer["approval_url"]
        if self.verification_code is not None:
            answer["verification_code"] = self.verification_code
        return web.json_response(answer, status=202)

    async def check(self, request: web.Request) -> web.Response:
        body = await self._read(request)
        handle = body["handle"]
        self.polls[handle] = self.polls.get(handle, 0) + 1
        if self.released is not None:
            await self.released.wait()
        elif self.polls[handle] <= self.polls_before_decision:
            answer = {"handle": handle} | ({"progress": self.progress} if self.progress else {})
            return web.json_response(answer, status=202, headers={"Retry-After": "0"})
        if self.decision != "approve":
            refused = {"error": self.decision, "error_description": "said the signer"} | ({"reason": self.reason} if self.reason else {})
            refused |= {"state": self.state} if self.state else {}
            return web.json_response(refused, status=400)
        sad = secrets.token_urlsafe(32)
        self.sads_given.append(sad)
        self.sads[sad] = self.authorized[handle]["hashes"]
        return web.json_response({"SAD": sad, "expiresIn": 120})

    async def sign(self, request: web.Request) -> web.Response:
        body = await self._read(request)
        repeat_key = request.headers["Idempotency-Key"]
        if repeat_key not in self.given:
            if self.sads.pop(body["SAD"], None) != body["hashes"]:
                return web.json_response({"error": "invalid_request", "error_description": "Invalid parameter SAD"}, status=400)
            self.given[repeat_key] = [base64.b64encode(self._sign(base64.b64decode(digest), body)).decode() for digest in body["hashes"]]
        if self.replies_to_lose > 0:
            self.replies_to_lose -= 1
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"signatures": self.given[repeat_key]})

    def _sign(self, digest: bytes, body: dict[str, Any]) -> bytes:
        if self.signs_wrongly:
            digest = bytes(reversed(digest))
        prehashed = utils.Prehashed(HASHES[body["hashAlgorithmOID"]])
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            assert body["signAlgo"] in (ECDSA_SHA256, ECDSA_SHA384)
            return self.key.sign(digest, ec.ECDSA(prehashed))
        if body["signAlgo"] == RSA_PSS:
            salt = RSASSAPSSParams.load(base64.b64decode(body["signAlgoParams"]))["salt_length"].native
            return self.key.sign(digest, padding.PSS(padding.MGF1(HASHES[body["hashAlgorithmOID"]]), salt), prehashed)
        assert body["signAlgo"] in (RSA, RSA_SHA256)
        return self.key.sign(digest, padding.PKCS1v15(), prehashed)

    async def crl(self, request: web.Request) -> web.Response:
        if self.is_ca_silent:
            raise web.HTTPServiceUnavailable
        return web.Response(body=self.pki.crl(), content_type="application/pkix-crl")

    async def ocsp(self, request: web.Request) -> web.Response:
        if self.is_ca_silent:
            raise web.HTTPServiceUnavailable
        return web.Response(body=self.pki.ocsp(await request.read()), content_type="application/ocsp-response")

    async def ca_der(self, request: web.Request) -> web.Response:
        if not self.has_root:
            raise web.HTTPServiceUnavailable
        return web.Response(body=self.pki.root.public_bytes(Encoding.DER), content_type="application/pkix-cert")


async def sign(service: Service, *, prefer_pss: bool = False, digest: str = "sha256", waiting: list[Asked] | None = None) -> bytes:
    """Have the contract signed by `taro`, as an application does."""
    async with AsyncClient(service.origin, APPLICATION, patience_s=1) as client:
        credential = await client.credential_of("taro")
        prepared = await asyncio.to_thread(
            prepare, CONTRACT, credential, name="contract.pdf", digest_algorithm=digest, prefer_pss=prefer_pss
        )
        (signature,) = await client.sign(ask_for([prepared]), on_asked=(waiting if waiting is not None else []).append)
    return await asyncio.to_thread(prepared.finish, signature)


def with_service(key: PrivateKey, test: Callable[[Service], Awaitable[None]]) -> None:
    async def run() -> None:
        async with Service(key) as service:
            await test(service)

    asyncio.run(run())


async def both_verdicts(service: Service, pdf: bytes) -> tuple[Verdict, Verdict]:
    authority = Authority(service.pki.root.public_bytes(Encoding.DER), service.pki.crl())
    return await validate_with_pyhanko(pdf, authority), await validate_with_pdfsig(pdf, authority)
