"""The CA's two doors: EST by HTTPS, and by plain HTTP what must be had without it (CRL, OCSP, the root), the front office, and pages."""

import base64
import binascii
import hmac

from cryptography.hazmat.primitives.serialization import Encoding
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from demo.ca import desk, est, pages
from demo.ca.applications import Application, read_application, register
from demo.ca.crl import make_crl
from demo.ca.errors import (
    ApplicationRefused,
    CaError,
    ClientRefused,
    CodeMistyped,
    CodeRefused,
    CsrRefused,
    NotYet,
    OfficerRefused,
    SignatureRefused,
)
from demo.ca.letter import check_printable, make_letter
from demo.ca.ocsp import answer_ocsp
from demo.ca.office import Office
from demo.ca.signed_application import apply_signed
from demo.ca.timestamps import open_timestamp_authority
from demo.relying.headers import SameOriginPosts, SecurityHeaders

BODY_MAX_BYTES = 64 * 1024
PROBLEM = "application/problem+json"
"""RFC 9457; `reason` is one word that a program can tell to a person in the person's language."""


def create_est(office: Office) -> Starlette:
    """The door for enrolling; only TLS may stand before it."""
    return Starlette(routes=est.routes(office), exception_handlers={CaError: refuse}, max_body_size=BODY_MAX_BYTES)


def create_public(office: Office) -> ASGIApp:
    """The door for everything else."""

    async def applications(request: Request) -> Response:
        scheme, _, presented = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(presented.strip().encode(), office.registration_secret):
            raise OfficerRefused("the registration authority must show its secret")
        application = read_application(await request.body())
        return JSONResponse(await run_in_threadpool(_register, office, application), status_code=201)

    async def signed_applications(request: Request) -> Response:
        if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/pkcs7-mime":
            raise SignatureRefused("the media type must be application/pkcs7-mime")
        return est.certs_only(await apply_signed(office, await request.body()))

    def crl(request: Request) -> Response:
        return Response(make_crl(office.authority, office.records, office.now()), media_type="application/pkix-crl")

    async def ocsp_post(request: Request) -> Response:
        return await ocsp_answer(await request.body())

    async def ocsp_get(request: Request) -> Response:
        try:
            der = base64.b64decode(request.path_params["request"], validate=True)
        except binascii.Error:
            der = b""  # no request at all: answered as malformed
        return await ocsp_answer(der)

    async def ocsp_answer(der: bytes) -> Response:
        answer = await run_in_threadpool(answer_ocsp, office.authority, office.records, der, office.now())
        return Response(answer, media_type="application/ocsp-response")

    tsa = open_timestamp_authority(office.config.directory, office.authority, office.records, office.config.url, office.now())

    async def timestamp(request: Request) -> Response:
        answer = await run_in_threadpool(tsa.answer, await request.body(), office.now())
        return Response(answer, media_type="application/timestamp-reply")

    async def ca_der(request: Request) -> Response:
        return Response(office.authority.certificate.public_bytes(Encoding.DER), media_type="application/pkix-cert")

    app = Starlette(
        routes=[
            *pages.routes(office),
            *desk.routes(office),
            Route("/applications", applications, methods=["POST"]),
            Route("/applications/signed", signed_applications, methods=["POST"]),
            Route("/crl", crl),
            Route("/ocsp", ocsp_post, methods=["POST"]),
            Route("/ocsp/{request:path}", ocsp_get),
            Route("/ca.der", ca_der),
            Route("/tsa", timestamp, methods=["POST"]),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=["localhost", "127.0.0.1", office.config.host]),
            Middleware(SameOriginPosts),
        ],
        exception_handlers={CaError: refuse, HTTPException: pages.problem, Exception: pages.problem},
        max_body_size=BODY_MAX_BYTES,
    )
    return SecurityHeaders(app)  # around everything, so that no error page goes without


def _register(office: Office, application: Application) -> dict[str, str | int]:
    """Give out the code; or, with the signing service's page, the letter and the code's hash, and then the code is in the letter only."""
    if not application.enrollment_url:
        return {"code": register(office.records, application, office.now()).code}
    check_printable(application)
    issued = register(office.records, application, office.now())
    letter = make_letter(issued, application.enrollment_url, office.now())
    return {
        "letter": base64.b64encode(letter).decode(),
        "code_sha256": issued.code_sha256.hex(),
        "expires": int(issued.expires.timestamp()),
    }


async def refuse(request: Request, error: Exception) -> Response:
    """Answer a refusal as text that a person can read (RFC 7030 §4.2.3, RFC 8951 §5)."""
    if isinstance(error, ApplicationRefused | CsrRefused | SignatureRefused) and PROBLEM in request.headers.get("Accept", ""):
        status = 403 if isinstance(error, SignatureRefused) else 400
        return JSONResponse({"status": status, "detail": str(error), "reason": error.reason}, status, media_type=PROBLEM)
    match error:
        case NotYet():
            return PlainTextResponse("nobody has applied for this key, or it is not decided\n", 202, {"Retry-After": "5"})
        case CodeRefused():
            text = "the identification code has a typing error; it was not counted" if isinstance(error, CodeMistyped) else REFUSED
            return PlainTextResponse(f"{text}\n", 401, {"WWW-Authenticate": 'Basic realm="Natsuin Demo CA", charset="UTF-8"'})
        case OfficerRefused():
            return PlainTextResponse(f"{error}\n", 401, {"WWW-Authenticate": "Bearer"})
        case ClientRefused() | SignatureRefused():
            return PlainTextResponse(f"{error}\n", 403)
        case ApplicationRefused() | CsrRefused():
            return PlainTextResponse(f"{error}\n", 400)
    raise error


REFUSED = "the user id or the identification code is not valid"
