"""
The certification authority as this side sees it: EST enrolment (RFC 7030 §4.2, RFC 8951), and the front office where a code is asked for.

A certificate request carries the signer's one-time code as HTTP Basic credential; the code is passed on, never kept. Where the person
applies with a certificate, the CA is asked for what it made of that (RFC 7030 §4.2.3).
"""

import base64
import binascii
import re
import ssl
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates
from msgspec import Struct, field

from app.errors import ApplicationRefused, CertificateUnavailable, CodeRefused

DEADLINE_S = 20
IDENTIFIED_WITHIN_S = 5  # somebody waits for a page
Headers = dict[str, str]
Answer = TypeVar("Answer", bound=Struct)
ENROLL = "/.well-known/est/simpleenroll"
REENROLL = "/.well-known/est/simplereenroll"
PROBLEM = "application/problem+json"
LONGEST_WORDS = 300


class Letter(Struct, frozen=True):
    """A letter (PDF) with a person's code, what the code is known by, and the end of its time (unix seconds)."""

    pdf: bytes = field(name="letter")
    code_sha256: str
    expires: int


class CertificationAuthority:
    """
    A client of one CA, by TLS; `tls_ca` is a file with the trust anchor, None for whom the system trusts.

    `client` are the files of a registration authority's certificate and key, which it shows where it renews, or collects what a person has
    applied for; None where there is none.

    Raises, from every method:
        CodeRefused: it does not know the signer by this code (HTTP 401).
        CertificateUnavailable: it does not answer, or said no to something else.
    """

    def __init__(self, url: str, tls_ca: Path | None, client: tuple[Path, Path] | None = None) -> None:
        self._url = url
        self._tls_ca = tls_ca
        self._client = client

    async def identify(self, user_id: str, code: str) -> None:
        """
        Show the code with no request in it, which uses nothing up.

        Who is not known is refused before a request is looked at (RFC 7030 §3.2.3); any other answer is to the request that is not there.
        """
        await self._request("POST", ENROLL, (200, 400), b"", _credential(user_id, code), IDENTIFIED_WITHIN_S)

    async def enroll(self, user_id: str, code: str, csr: bytes) -> tuple[bytes, ...]:
        """Give a CSR (DER) and the signer's code; get the certificate and its chain (DER), leaf first."""
        leaf = self._certificates(await self._request("POST", ENROLL, (200,), base64.encodebytes(csr), _credential(user_id, code)))
        return in_order(leaf, await self.own_certificates())

    async def collect(self, csr: bytes) -> tuple[bytes, ...] | None:
        """
        Ask as a registration authority for the certificate of a CSR (DER) whose holder applies at the CA; leaf first, with its chain.

        None where the CA has not decided (HTTP 202): the same request again is how one asks later.
        """
        headers = {"Content-Type": "application/pkcs10"}
        answer = await self._request("POST", ENROLL, (200, 202), base64.encodebytes(csr), headers, as_client=True)
        return in_order(self._certificates(answer), await self.own_certificates()) if answer else None

    async def reenroll(self, csr: bytes) -> tuple[bytes, ...]:
        """Give a CSR (DER) that the old key has approved (RFC 7030 §4.2.2); get the new certificate and its chain (DER), leaf first."""
        headers = {"Content-Type": "application/pkcs10"}
        answer = await self._request("POST", REENROLL, (200,), base64.encodebytes(csr), headers, as_client=True)
        return in_order(self._certificates(answer), await self.own_certificates())

    async def own_certificates(self) -> list[x509.Certificate]:
        """Give the CA's own certificates (RFC 7030 §4.1)."""
        return self._certificates(await self._request("GET", "/.well-known/est/cacerts", (200,)))

    async def _request(
        self,
        method: str,
        path: str,
        good: tuple[int, ...],
        body: bytes = b"",
        headers: Headers | None = None,
        within_s: int = DEADLINE_S,
        *,
        as_client: bool = False,
    ) -> bytes:
        asking: Any = {
            "data": body,
            "headers": headers,
            "allow_redirects": False,
            "timeout": aiohttp.ClientTimeout(total=within_s, connect=3),
        }
        async with self._session(as_client=as_client) as session:
            try:
                async with session.request(method, self._url + path, **asking) as answer:
                    if answer.status == 401:
                        raise CodeRefused
                    if answer.status not in good:
                        raise CertificateUnavailable(f"{path}: HTTP {answer.status}")
                    if answer.status == 202:  # its body is for people
                        return b""
                    return await answer.content.read(1_000_000)
            except (aiohttp.ClientError, TimeoutError) as error:
                raise CertificateUnavailable(f"{path}: {type(error).__name__}") from error

    def _session(self, *, as_client: bool) -> aiohttp.ClientSession:
        try:
            trusting = ssl.create_default_context(cafile=self._tls_ca)  # read each time: the CA may start after us, or get a new root
        except OSError as error:
            raise CertificateUnavailable(f"the CA's trust anchor {self._tls_ca} can't be used: {type(error).__name__}") from error
        if as_client:
            if self._client is None:
                raise CertificateUnavailable("there is no registration authority's certificate to show")
            try:
                trusting.load_cert_chain(*self._client)
            except OSError as error:
                raise CertificateUnavailable(f"the certificate {self._client[0]} can't be used: {type(error).__name__}") from error
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting))

    def _certificates(self, body: bytes) -> list[x509.Certificate]:
        try:
            return load_der_pkcs7_certificates(base64.b64decode(body))
        except (ValueError, binascii.Error) as error:
            raise CertificateUnavailable("the answer is not PKCS#7") from error


async def ask_for_code(url: str, registration_secret: str, application: dict[str, str | bool]) -> str:
    """
    Register an application (`user_id`, `name`, `replaces`) at the CA's front office, and get the signer's one-time code.

    This is the interface of the demo CA, for trying: in real life the code comes in a letter.
    """
    return _read(await _register(url, registration_secret, application), _Code).code


async def ask_for_letter(url: str, registration_secret: str, application: dict[str, str | bool]) -> Letter:
    """
    Register an application at the front office, and get the letter with the signer's code; the code itself is told to nobody.

    `application` has `user_id`, `name`, `enrollment_url`, `postal_code` and `address`, and `replaces` where earlier certificates are to be
    revoked (docs/ca.md).

    Raises:
        CertificateUnavailable: the CA does not answer, or refused; the text says why.
    """
    letter = _read(await _register(url, registration_secret, application), Letter)
    if re.fullmatch(r"[0-9a-f]{64}", letter.code_sha256) is None:
        raise CertificateUnavailable("the CA's answer is not a letter")
    return letter


async def send_application(url: str, signed: bytes) -> None:
    """
    Hand in, at the CA's front office, an application that a person has signed with a certificate of hers (CMS, DER; docs/ca.md).

    Raises:
        ApplicationRefused: the CA does not take it.
        CertificateUnavailable: it does not answer.
    """
    headers = {"Content-Type": "application/pkcs7-mime; smime-type=signed-data", "Accept": f"application/pkcs7-mime, {PROBLEM}"}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=DEADLINE_S, connect=3)) as session:
        try:
            async with session.post(f"{url}/applications/signed", data=signed, headers=headers, allow_redirects=False) as answer:
                said = await answer.content.read(10_000)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise CertificateUnavailable(f"the CA at {url} does not answer: {type(error).__name__}") from error
    if answer.status in (200, 202):
        return
    if answer.status in (400, 403, 422):
        raise _refusal(answer.content_type, said)
    raise CertificateUnavailable(f"the CA answered an application with HTTP {answer.status}")


async def _register(url: str, registration_secret: str, application: dict[str, str | bool]) -> bytes:
    headers = {"Authorization": f"Bearer {registration_secret}"}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=DEADLINE_S, connect=3)) as session:
        try:
            async with session.post(f"{url}/applications", json=application, headers=headers, allow_redirects=False) as answer:
                if answer.status == 400:
                    raise CertificateUnavailable(f"the CA says: {(await answer.text())[:200].strip()}")
                if answer.status != 201:
                    raise CertificateUnavailable(f"the CA answered HTTP {answer.status}")
                return await answer.read()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise CertificateUnavailable(f"the CA at {url} does not answer: {type(error).__name__}") from error


class _Problem(Struct, frozen=True):
    reason: str
    detail: str


def _refusal(media_type: str, said: bytes) -> ApplicationRefused:
    if media_type != PROBLEM:
        return ApplicationRefused("other", said.decode(errors="replace").strip()[:LONGEST_WORDS])
    problem = _read(said, _Problem)
    return ApplicationRefused(problem.reason[:40], problem.detail[:LONGEST_WORDS])


class _Code(Struct, frozen=True):
    code: str


def _read(body: bytes, kind: type[Answer]) -> Answer:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CertificateUnavailable("the CA's answer is not what was asked for") from error


def _credential(user_id: str, code: str) -> Headers:
    credential = base64.b64encode(f"{user_id}:{code}".encode()).decode()
    return {"Content-Type": "application/pkcs10", "Authorization": f"Basic {credential}"}


def in_order(leaf: list[x509.Certificate], others: list[x509.Certificate]) -> tuple[bytes, ...]:
    """Put a chain in order, leaf first, each followed by its issuer; raises CertificateUnavailable where there is no leaf."""
    if not leaf:
        raise CertificateUnavailable("the answer holds no certificate")
    chain = [leaf[0]]
    while (issuer := next((one for one in others if one.subject == chain[-1].issuer), None)) is not None and issuer not in chain:
        chain.append(issuer)
    return tuple(certificate.public_bytes(Encoding.DER) for certificate in chain)
