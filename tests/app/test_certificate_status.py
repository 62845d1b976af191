"""Whom the server asks about a certificate, and what it makes of an answer; what the answer says is the SAM's to read."""

import asyncio
from collections.abc import Callable

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from app.certificate_status import MAX_RESPONSE_BYTES, CertificateStatuses, question_about
from app.domain.parties import Credential
from hsm.messages import CertificateStatus
from tests.harness.authority import Authority
from tests.harness.sam import NOW

Answer = Callable[[bytes], web.Response]


def certified(*extensions: x509.ExtensionType) -> tuple[bytes, ...]:
    """A certificate with these extensions, and its issuer's."""
    authority = Authority(NOW)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateBuilder(authority.root.certificate.subject, x509.Name([]), key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(authority.now).not_valid_after(authority.now.replace(year=authority.now.year + 1))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(authority.root.key, hashes.SHA256()).public_bytes(Encoding.DER), authority.root.der


def responder(url: str) -> x509.AuthorityInformationAccess:
    where = x509.UniformResourceIdentifier(url)
    return x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, where)])


def list_at(url: str) -> x509.CRLDistributionPoints:
    return x509.CRLDistributionPoints([x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None)])


def credential(certificates: tuple[bytes, ...]) -> Credential:
    return Credential(
        credential_id="C" * 22,
        enrollment_id="E" * 22,
        user_id="taro",
        key_algorithm="p-256",
        factors="passkey",
        certificates=certificates,
        certificate_sha256=hashes.Hash(hashes.SHA256()).finalize().hex(),
        not_before=0,
        not_after=2**40,
        created=0,
    )


def test_the_responder_that_the_certificate_names_is_asked_about_it() -> None:
    """Before the list, where it names both."""
    certificates = certified(list_at("http://ca.example/crl"), responder("http://ca.example/ocsp"))
    question = question_about(certificates)
    assert question is not None
    assert question.url == "http://ca.example/ocsp"
    asked = ocsp.load_der_ocsp_request(question.request or b"")
    assert asked.serial_number == x509.load_der_x509_certificate(certificates[0]).serial_number


def test_the_list_is_fetched_where_there_is_no_responder() -> None:
    question = question_about(certified(list_at("http://ca.example/crl")))
    assert question is not None
    assert (question.url, question.request) == ("http://ca.example/crl", None)


@pytest.mark.parametrize(
    "certificates",
    [
        certified(),
        certified(responder("ldap://ca.example/ocsp")),
        certified(responder("file:///etc/passwd")),
        certified(list_at("ldap://ca.example/crl")),
        certified(responder("http://ca.example/ocsp"))[:1],
    ],
    ids=["nobody named", "ldap", "file", "list by ldap", "without its issuer"],
)
def test_there_may_be_nobody_to_ask(certificates: tuple[bytes, ...]) -> None:
    assert question_about(certificates) is None


def ask(
    answer: Answer, *, reuse_s: int = 0, times: int = 1, clock: Callable[[], float] = lambda: NOW
) -> tuple[list[CertificateStatus | None], int]:
    """Have a responder that answers like this asked; gives what came of it each time, and how often it was asked."""
    asked = 0

    async def respond(request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        return answer(await request.read())

    async def run() -> list[CertificateStatus | None]:
        app = web.Application()
        app.router.add_route("*", "/ocsp", respond)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        statuses = CertificateStatuses.open(reuse_s, clock)
        try:
            certificates = certified(responder(f"http://127.0.0.1:{runner.addresses[0][1]}/ocsp"))
            return [await statuses.of(credential(certificates)) for _ in range(times)]
        finally:
            await statuses.close()
            await runner.cleanup()

    return asyncio.run(run()), asked


def test_the_answer_is_passed_on_as_it_is() -> None:
    (status,), _ = ask(lambda request: web.Response(body=b"signed: " + request[:4]))
    assert status is not None
    assert (status.ocsp or b"").startswith(b"signed: 0")


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: web.Response(status=500),
        lambda _: web.Response(status=302, headers={"Location": "http://127.0.0.1/ocsp"}),
        lambda _: web.Response(body=b"x" * (MAX_RESPONSE_BYTES + 1)),
    ],
    ids=["failed", "elsewhere", "too long"],
)
def test_what_is_no_answer_is_none(answer: Answer) -> None:
    """The SAM's operator decides what follows."""
    assert ask(answer) == ([None], 1)


def test_nobody_there_is_no_answer() -> None:
    async def run() -> CertificateStatus | None:
        statuses = CertificateStatuses.open(0, lambda: NOW)
        try:
            return await statuses.of(credential(certified(responder("http://127.0.0.1:1/ocsp"))))
        finally:
            await statuses.close()

    assert asyncio.run(run()) is None


def test_an_answer_is_used_again_only_where_the_operator_wants_it() -> None:
    """By default every approval and every signature asks anew."""
    assert ask(lambda _: web.Response(body=b"x"), times=3)[1] == 3
    assert ask(lambda _: web.Response(body=b"x"), times=3, reuse_s=60)[1] == 1
    moments = iter(range(0, 1_000, 25))
    assert ask(lambda _: web.Response(body=b"x"), times=5, reuse_s=60, clock=lambda: float(next(moments)))[1] > 1
