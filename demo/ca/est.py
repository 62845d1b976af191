"""
EST on the wire (RFC 7030 §4 with the rules of RFC 8951): base64 bodies, certs-only answers, HTTP Basic; no decisions.

The code comes as HTTP Basic password beside the user id, or as challengePassword beside the uid of the request's subject, or both ways. A
registration authority without a code asks for what the key's holder has applied for: until that is decided, 202 (RFC 7030 §4.2.3).
"""

import base64
import binascii

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from demo.ca.code import read_code
from demo.ca.csr import Csr, read_csr
from demo.ca.csrattrs import csr_attributes
from demo.ca.errors import CodeRefused, CsrRefused
from demo.ca.identification import identify
from demo.ca.office import Office
from demo.ca.renewal import approver
from demo.ca.tls import client_certificate

CERTS_ONLY = "application/pkcs7-mime; smime-type=certs-only"
CSR_TYPE = "application/pkcs10"
WHITE_SPACE = b" \t\r\n"
BASE64 = {"Content-Transfer-Encoding": "base64"}
"""RFC 8951 §3.1: to be ignored; clients that go by RFC 7030 alone look for it."""


def routes(office: Office) -> list[Route]:
    """The operations, over an office."""

    async def cacerts(request: Request) -> Response:
        return certs_only(office.authority.certificate)

    async def csrattrs(request: Request) -> Response:
        return Response(base64.b64encode(csr_attributes()), headers={"Content-Type": "application/csrattrs", **BASE64})

    async def simpleenroll(request: Request) -> Response:
        basic = read_credentials(request)
        if basic is not None:  # before the request is read: who has no code learns nothing of it
            await run_in_threadpool(identify, office.records, *basic, office.now())
        try:
            csr = await run_in_threadpool(read_csr, await read_csr_body(request))
        except CsrRefused as refused:
            if basic is None:  # it may carry no code: clients ask with an empty body first, to learn that they need one
                raise CodeRefused from refused
            raise
        client = client_certificate(request.scope)
        if basic is None and csr.challenge_password is None and client is not None:
            return certs_only(await run_in_threadpool(office.enrollment.collect, client, csr, office.now()))
        application_id = await run_in_threadpool(identify, office.records, *_who(basic, csr), office.now())
        return certs_only(await run_in_threadpool(office.enrollment.enroll, application_id, csr, office.now()))

    async def simplereenroll(request: Request) -> Response:
        client = client_certificate(request.scope)
        csr = await run_in_threadpool(read_csr, await read_csr_body(request))
        approved_by = await approver(office.authority, csr, office.now())
        return certs_only(await run_in_threadpool(office.enrollment.reenroll, client, approved_by, csr, office.now()))

    return [
        Route("/.well-known/est/cacerts", cacerts),
        Route("/.well-known/est/csrattrs", csrattrs),
        Route("/.well-known/est/simpleenroll", simpleenroll, methods=["POST"]),
        Route("/.well-known/est/simplereenroll", simplereenroll, methods=["POST"]),
    ]


def read_credentials(request: Request) -> tuple[str, str] | None:
    """
    Return (user id, code) of HTTP Basic (RFC 7617), where there is any.

    Raises:
        CodeRefused: there is something else.
    """
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, parameter = header.partition(" ")
    if scheme.lower() != "basic":
        raise CodeRefused
    try:
        user_id, colon, code = base64.b64decode(parameter.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise CodeRefused from error
    if not colon:
        raise CodeRefused
    return user_id, code


def _who(basic: tuple[str, str] | None, csr: Csr) -> tuple[str, str]:
    """Join what HTTP and the request say of who asks; raises CodeRefused where they say nothing, or two things."""
    if csr.challenge_password is None:
        if basic is None:
            raise CodeRefused
        return basic
    if basic is not None:
        if read_code(basic[1]) != read_code(csr.challenge_password):
            raise CodeRefused
        return basic
    if csr.user_id is None:
        raise CodeRefused
    return csr.user_id, csr.challenge_password


async def read_csr_body(request: Request) -> bytes:
    """
    Return the DER of the request body.

    It is base64 whatever `Content-Transfer-Encoding` says, and white space in it does not count (RFC 8951 §3).

    Raises:
        CsrRefused: another media type, or not base64.
    """
    if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != CSR_TYPE:
        raise CsrRefused(f"the media type must be {CSR_TYPE}")
    body = await request.body()
    try:
        return base64.b64decode(body.translate(None, WHITE_SPACE), validate=True)
    except binascii.Error as error:
        raise CsrRefused("the body must be a base64 PKCS #10 request, without PEM lines") from error


def certs_only(certificate: x509.Certificate) -> Response:
    """Wrap one certificate as a certs-only CMC simple response (RFC 5272 §4.1)."""
    der = pkcs7.serialize_certificates([certificate], Encoding.DER)
    return Response(base64.b64encode(der), headers={"Content-Type": CERTS_ONLY, **BASE64})
