"""The whole URL table of the CA and its answers; each route is a few lines over the module that knows."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from cryptography.hazmat.primitives.serialization import Encoding
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from demo.ca.applications import apply, read_application
from demo.ca.authority import open_authority
from demo.ca.config import Config
from demo.ca.enrollment import Enrollment
from demo.ca.errors import ApplicationRefused, CaError, CodeRefused, CsrRefused, OfficerRefused
from demo.ca.est import certs_only, read_credentials, read_csr_body
from demo.ca.files import read_or_make
from demo.ca.records import Records
from demo.ca.revocation import answer_ocsp, make_crl

BODY_MAX_BYTES = 64 * 1024

Clock = Callable[[], datetime]


def clock() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def create_app(config: Config, now: Clock = clock) -> Starlette:
    """Build the CA over its directory; the first time makes its key, its certificate and the secret of the registration authority."""
    authority = open_authority(config.directory, now())
    officer_secret = read_or_make(config.directory / "ra-secret", lambda: secrets.token_urlsafe(32).encode())
    records = Records(config.directory / "ca.sqlite3")
    enrollment = Enrollment(authority, records, config.url)

    async def applications(request: Request) -> Response:
        scheme, _, presented = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(presented.strip().encode(), officer_secret):
            raise OfficerRefused("the registration authority must show its secret")
        application = read_application(await request.body())
        code = await run_in_threadpool(apply, records, application, now())
        return JSONResponse({"code": code}, status_code=201, headers={"Cache-Control": "no-store"})

    async def cacerts(request: Request) -> Response:
        return certs_only(authority.certificate)

    async def simpleenroll(request: Request) -> Response:
        user_id, code = read_credentials(request)
        await run_in_threadpool(enrollment.check_code, user_id, code, now())
        csr = await read_csr_body(request)
        return certs_only(await run_in_threadpool(enrollment.enroll, user_id, code, csr, now()))

    def crl(request: Request) -> Response:
        return Response(make_crl(authority, records, now()), media_type="application/pkix-crl")

    async def ocsp_post(request: Request) -> Response:
        return await ocsp_answer(await request.body())

    async def ocsp_get(request: Request) -> Response:
        try:
            der = base64.b64decode(request.path_params["request"], validate=True)
        except binascii.Error:
            der = b""  # no request at all: answered as malformed
        return await ocsp_answer(der)

    async def ocsp_answer(der: bytes) -> Response:
        answer = await run_in_threadpool(answer_ocsp, authority, records, der, now())
        return Response(answer, media_type="application/ocsp-response")

    async def ca_der(request: Request) -> Response:
        return Response(authority.certificate.public_bytes(Encoding.DER), media_type="application/pkix-cert")

    return Starlette(
        routes=[
            Route("/applications", applications, methods=["POST"]),
            Route("/.well-known/est/cacerts", cacerts),
            Route("/.well-known/est/simpleenroll", simpleenroll, methods=["POST"]),
            Route("/crl", crl),
            Route("/ocsp", ocsp_post, methods=["POST"]),
            Route("/ocsp/{request:path}", ocsp_get),
            Route("/ca.der", ca_der),
        ],
        exception_handlers={CaError: refuse},
        max_body_size=BODY_MAX_BYTES,
    )


async def refuse(request: Request, error: Exception) -> Response:
    """Answer a refusal as text that a person can read (RFC 7030 §4.2.3, RFC 8951 §5)."""
    match error:
        case CodeRefused():
            headers = {"WWW-Authenticate": 'Basic realm="Natsuin Demo CA", charset="UTF-8"'}
            return PlainTextResponse("the user id or the identification code is not valid\n", 401, headers)
        case OfficerRefused():
            return PlainTextResponse(f"{error}\n", 401, {"WWW-Authenticate": "Bearer"})
        case ApplicationRefused() | CsrRefused():
            return PlainTextResponse(f"{error}\n", 400)
    raise error
