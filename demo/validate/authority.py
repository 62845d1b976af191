"""
The trust anchor of the demo: the root of the demo CA and its list of revoked certificates (RFC 5280 §5).

It believes the first answer it gets. A real relying application has its trust anchors from a trusted list, never from the network it asks.
"""

from dataclasses import dataclass

import aiohttp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from demo.validate.verdict import ValidationImpossible

TIMEOUT = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True)
class Authority:
    """A root certificate and, where it could be had, the current CRL; both DER."""

    root: bytes
    crl: bytes | None = None


async def ask_authority(url: str) -> Authority:
    """
    Fetch root and CRL of the CA at `url`.

    Raises:
        ValidationImpossible: no root could be had. A missing CRL is no error; the verdict will say that revocation is unknown.
    """
    async with aiohttp.ClientSession(timeout=TIMEOUT, raise_for_status=True) as session:
        try:
            async with session.get(f"{url}/ca.der") as answer:
                root = x509.load_der_x509_certificate(await answer.read())
        except (aiohttp.ClientError, TimeoutError, ValueError) as failure:
            raise ValidationImpossible(f"The CA at {url} gave no root certificate; is it running?") from failure
        return Authority(root.public_bytes(Encoding.DER), await _fetch_crl(session, f"{url}/crl"))


async def _fetch_crl(session: aiohttp.ClientSession, url: str) -> bytes | None:
    try:
        async with session.get(url) as answer:
            crl = await answer.read()
        x509.load_der_x509_crl(crl)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return None
    return crl
