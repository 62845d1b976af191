"""
The client certificate of a request (RFC 8705), as a proxy that ends TLS reports it: in `Client-Cert` (RFC 9440 §2), or percent-encoded PEM.

Anybody could send that header: it counts only beside the secret that the operator gave to the proxy. The chain is not looked at: a
certificate is known by its hash, as RFC 8705 §2.2 does, and the proxy has seen that its key is there.
"""

import base64
import binascii
import hashlib
import hmac
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from starlette.requests import Request

from app.domain.identifiers import secret_sha256
from app.services import Services
from app.webauthn import b64

SECRET_HEADER = "client-cert-secret"  # noqa: S105 - the header's name


def certificate_sha256(services: Services, request: Request) -> bytes | None:
    """Give the hash of the certificate with which TLS was spoken to the proxy; None where none was shown, or no proxy of ours says so."""
    certificates, secrets = request.headers.getlist("client-cert"), request.headers.getlist(SECRET_HEADER)
    expected = services.proxy_secret_sha256
    if expected is None or len(certificates) != 1 or len(secrets) != 1:
        return None
    if not hmac.compare_digest(secret_sha256(secrets[0]), expected):
        return None
    der = _der(certificates[0])
    return hashlib.sha256(der).digest() if der is not None else None


def x5t_of(services: Services, request: Request) -> str | None:
    """Give the thumbprint that tokens are bound to (`x5t#S256`, RFC 8705 §3.1)."""
    digest = certificate_sha256(services, request)
    return b64(digest) if digest is not None else None


def _der(header: str) -> bytes | None:
    try:
        if header.startswith(":") and header.endswith(":"):
            return base64.b64decode(header[1:-1], validate=True)
        return x509.load_pem_x509_certificate(unquote(header).encode()).public_bytes(Encoding.DER)
    except (ValueError, binascii.Error):
        return None
