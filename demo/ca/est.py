"""Bytes on the EST wire (RFC 7030 §4.1-4.2 with the rules of RFC 8951): base64 bodies, certs-only answers, HTTP Basic; no decisions."""

import base64
import binascii

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from starlette.requests import Request
from starlette.responses import Response

from demo.ca.errors import CodeRefused, CsrRefused

CERTS_ONLY = "application/pkcs7-mime; smime-type=certs-only"
CSR_TYPE = "application/pkcs10"
WHITE_SPACE = b" \t\r\n"


def read_credentials(request: Request) -> tuple[str, str]:
    """
    Return (user id, code) of HTTP Basic (RFC 7617).

    Raises:
        CodeRefused: there are none.
    """
    scheme, _, parameter = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        raise CodeRefused
    try:
        user_id, colon, code = base64.b64decode(parameter.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise CodeRefused from error
    if not colon:
        raise CodeRefused
    return user_id, code


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
    return Response(base64.b64encode(der), headers={"Content-Type": CERTS_ONLY})
