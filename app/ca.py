"""
The certification authority as this side sees it: EST enrolment (RFC 7030 §4.2, RFC 8951), and the front office where a code is asked for.

A certificate request carries the signer's one-time code as HTTP Basic credential; the code is passed on, never kept.
"""

import base64
import binascii
import ssl
from pathlib import Path

import aiohttp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates

from app.errors import CertificateUnavailable

DEADLINE_S = 20


class CertificationAuthority:
    """
    A client of one CA, by TLS; `tls_ca` is a file with the trust anchor, None for whom the system trusts.

    Raises, from every method:
        CertificateUnavailable: it does not answer, or said no.
    """

    def __init__(self, url: str, tls_ca: Path | None) -> None:
        self._url = url
        self._tls_ca = tls_ca
        self._timeout = aiohttp.ClientTimeout(total=DEADLINE_S, connect=3)

    async def enroll(self, user_id: str, code: str, csr: bytes) -> tuple[bytes, ...]:
        """Give a CSR (DER) and the signer's code; get the certificate and its chain (DER), leaf first."""
        credential = base64.b64encode(f"{user_id}:{code}".encode()).decode()
        headers = {"Content-Type": "application/pkcs10", "Authorization": f"Basic {credential}"}
        leaf = self._certificates(await self._post("/.well-known/est/simpleenroll", base64.encodebytes(csr), headers))
        chain = self._certificates(await self._get("/.well-known/est/cacerts"))
        return in_order(leaf, chain)

    async def _post(self, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        async with self._session() as session:
            try:
                async with session.post(self._url + path, data=body, headers=headers, allow_redirects=False) as answer:
                    return await self._body(path, answer)
            except (aiohttp.ClientError, TimeoutError) as error:
                raise CertificateUnavailable(f"{path}: {type(error).__name__}") from error

    async def _get(self, path: str) -> bytes:
        async with self._session() as session:
            try:
                async with session.get(self._url + path, allow_redirects=False) as answer:
                    return await self._body(path, answer)
            except (aiohttp.ClientError, TimeoutError) as error:
                raise CertificateUnavailable(f"{path}: {type(error).__name__}") from error

    def _session(self) -> aiohttp.ClientSession:
        try:
            trusting = ssl.create_default_context(cafile=self._tls_ca)  # read each time: the CA may start after us, or get a new root
        except OSError as error:
            raise CertificateUnavailable(f"the CA's trust anchor {self._tls_ca} can't be used: {type(error).__name__}") from error
        return aiohttp.ClientSession(timeout=self._timeout, connector=aiohttp.TCPConnector(ssl=trusting))

    async def _body(self, path: str, answer: aiohttp.ClientResponse) -> bytes:
        if answer.status != 200:
            raise CertificateUnavailable(f"{path}: HTTP {answer.status}")
        return await answer.content.read(1_000_000)

    def _certificates(self, body: bytes) -> list[x509.Certificate]:
        try:
            return load_der_pkcs7_certificates(base64.b64decode(body))
        except (ValueError, binascii.Error) as error:
            raise CertificateUnavailable("the answer is not PKCS#7") from error


async def ask_for_code(url: str, registration_secret: str, user_id: str, name: str) -> str:
    """
    Register an application for a certificate at the CA's front office, and get the signer's one-time code.

    In real life a person is examined first, and the code comes in a letter; this is the interface of the demo CA.
    """
    body = {"user_id": user_id, "name": name}
    headers = {"Authorization": f"Bearer {registration_secret}"}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=DEADLINE_S, connect=3)) as session:
        try:
            async with session.post(f"{url}/applications", json=body, headers=headers, allow_redirects=False) as answer:
                if answer.status != 201:
                    raise CertificateUnavailable(f"the CA answered HTTP {answer.status}")
                return str((await answer.json())["code"])
        except (aiohttp.ClientError, TimeoutError, KeyError, ValueError) as error:
            raise CertificateUnavailable(f"the CA at {url} does not answer: {type(error).__name__}") from error


def in_order(leaf: list[x509.Certificate], others: list[x509.Certificate]) -> tuple[bytes, ...]:
    """Put a chain in order, leaf first, each followed by its issuer; raises CertificateUnavailable where there is no leaf."""
    if not leaf:
        raise CertificateUnavailable("the answer holds no certificate")
    chain = [leaf[0]]
    while (issuer := next((one for one in others if one.subject == chain[-1].issuer), None)) is not None and issuer not in chain:
        chain.append(issuer)
    return tuple(certificate.public_bytes(Encoding.DER) for certificate in chain)
