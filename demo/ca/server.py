"""The CA's two doors: EST by HTTPS, and by plain HTTP what must be had without it (CRL, OCSP, the root), the front office, and pages."""

import base64
import binascii
import hmac

from cryptography.hazmat.primitives.serialization import Encoding
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from demo.ca import est
from demo.ca.applications import read_application, register
from demo.ca.crl import make_crl
from demo.ca.errors import ApplicationRefused, CaError, ClientRefused, CodeMistyped, CodeRefused, CsrRefused, OfficerRefused
from demo.ca.ocsp import answer_ocsp
from demo.ca.office import Office

BODY_MAX_BYTES = 64 * 1024


def create_est(office: Office) -> Starlette:
    """The door for enrolling; only TLS may stand before it."""
    return Starlette(routes=est.routes(office), exception_handlers={CaError: refuse}, max_body_size=BODY_MAX_BYTES)


def create_public(office: Office) -> Starlette:
    """The door for everything else."""

    async def applications(request: Request) -> Response:
        scheme, _, presented = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(presented.strip().encode(), office.registration_secret):
            raise OfficerRefused("the registration authority must show its secret")
        application = read_application(await request.body())
        issued = await run_in_threadpool(register, office.records, application, office.now())
        return JSONResponse({"code": issued.code}, status_code=201, headers={"Cache-Control": "no-store"})

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

    async def ca_der(request: Request) -> Response:
        return Response(office.authority.certificate.public_bytes(Encoding.DER), media_type="application/pkix-cert")

    return Starlette(
        routes=[
            Route("/applications", applications, methods=["POST"]),
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
            text = "the identification code has a typing error; it was not counted" if isinstance(error, CodeMistyped) else REFUSED
            return PlainTextResponse(f"{text}\n", 401, {"WWW-Authenticate": 'Basic realm="Natsuin Demo CA", charset="UTF-8"'})
        case OfficerRefused():
            return PlainTextResponse(f"{error}\n", 401, {"WWW-Authenticate": "Bearer"})
        case ClientRefused():
            return PlainTextResponse(f"{error}\n", 403)
        case ApplicationRefused() | CsrRefused():
            return PlainTextResponse(f"{error}\n", 400)
    raise error


REFUSED = "the user id or the identification code is not valid"
