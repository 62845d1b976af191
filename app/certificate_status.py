"""
What the CA says of a certificate right now: an OCSP response (RFC 6960) or a CRL, from where the certificate itself says.

It is fetched and passed on; what it says, and whether it counts, the SAM decides.
"""

import functools

import aiohttp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID
from msgspec import Struct

from app.clock import Clock
from app.domain.parties import Credential
from hsm.messages import CertificateStatus

DEADLINE_S = 3
MAX_RESPONSE_BYTES = 20_000
MAX_LIST_BYTES = 200_000
MAX_REMEMBERED = 10_000


class Question(Struct, frozen=True):
    """Whom to ask about one certificate, and the DER OCSP request; None where a list is fetched."""

    url: str
    request: bytes | None


class CertificateStatuses:
    """Asks, and remembers an answer for `reuse_s` seconds; 0 asks every time."""

    def __init__(self, session: aiohttp.ClientSession, reuse_s: int, now: Clock) -> None:
        self._session, self._reuse_s, self._now = session, reuse_s, now
        self._remembered: dict[str, tuple[float, CertificateStatus]] = {}

    @classmethod
    def open(cls, reuse_s: int, now: Clock) -> "CertificateStatuses":
        """Make one with a client of its own; call it within the event loop."""
        return cls(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=DEADLINE_S, connect=1)), reuse_s, now)

    async def of(self, credential: Credential) -> CertificateStatus | None:
        """Give the CA's word on a credential's certificate; None where there is nobody to ask, or no answer."""
        asked_at, known = self._remembered.get(credential.certificate_sha256, (0.0, None))
        if known is not None and self._now() < asked_at + self._reuse_s:
            return known
        status = await self.about(credential.certificates)
        if status is not None and self._reuse_s:
            if len(self._remembered) >= MAX_REMEMBERED:
                self._remembered.clear()
            self._remembered[credential.certificate_sha256] = (self._now(), status)
        return status

    async def about(self, certificates: tuple[bytes, ...]) -> CertificateStatus | None:
        """Give the word of the second certificate's holder on the first (DER); None where there is nobody to ask, or no answer."""
        question = question_about(certificates)
        return await self._ask(question) if question is not None else None

    async def close(self) -> None:
        await self._session.close()

    async def _ask(self, question: Question) -> CertificateStatus | None:
        method, headers, most = ("GET", {}, MAX_LIST_BYTES)
        if question.request is not None:
            method, headers, most = ("POST", {"Content-Type": "application/ocsp-request"}, MAX_RESPONSE_BYTES)
        try:
            async with self._session.request(
                method, question.url, data=question.request, headers=headers, allow_redirects=False
            ) as response:
                body = await response.content.read(most + 1)
                if response.status != 200 or len(body) > most:
                    return None
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None
        return CertificateStatus(ocsp=body) if question.request is not None else CertificateStatus(crl=body)


@functools.lru_cache(maxsize=MAX_REMEMBERED)
def question_about(certificates: tuple[bytes, ...]) -> Question | None:
    """Make the question about a certificate (DER, leaf first); None where it names nobody to ask, or its issuer is not there."""
    leaf = x509.load_der_x509_certificate(certificates[0])
    responder = _responder(leaf)
    if responder is not None and len(certificates) > 1:
        issuer = x509.load_der_x509_certificate(certificates[1])
        # SHA-1 names the issuer here, and is what every responder knows (RFC 5019 §2.1.1).
        request = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, hashes.SHA1()).build()  # noqa: S303
        return Question(responder, request.public_bytes(Encoding.DER))
    place = _list_place(leaf)
    return Question(place, None) if responder is None and place is not None else None


def _responder(certificate: x509.Certificate) -> str | None:
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.AuthorityInformationAccess):
            for access in extension.value:
                if access.access_method == AuthorityInformationAccessOID.OCSP:
                    return _web_address(access.access_location)
    return None


def _list_place(certificate: x509.Certificate) -> str | None:
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.CRLDistributionPoints):
            names = (name for point in extension.value for name in point.full_name or ())
            return next((address for name in names if (address := _web_address(name)) is not None), None)
    return None


def _web_address(name: x509.GeneralName) -> str | None:
    value = name.value if isinstance(name, x509.UniformResourceIdentifier) else ""
    return value if value.startswith(("http://", "https://")) else None
