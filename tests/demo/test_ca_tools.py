"""CRL and OCSP of the CA as its own process, judged by programs that know nothing of it: openssl and pyHanko's certificate validator."""

import asyncio
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import RevokedError
from pyhanko_certvalidator.fetchers.aiohttp_fetchers import AIOHttpFetcherBackend
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy, RevocationCheckingRule

from tests.demo.ca_process import CaProcess, basic, enroll, make_request, run, running_ca
from tests.demo.ca_states import ask_ocsp, fetch_crl, require_bad, require_good, serial, verify

DOCUMENT_SIGNING = "1.3.6.1.5.5.7.3.36"
THREE_YEARS_S = 3 * 366 * 86_400


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaProcess]:
    with running_ca(tmp_path_factory.mktemp("ca-tools")) as started:
        yield started


@pytest.fixture
def enrolled(ca: CaProcess, tmp_path: Path) -> Path:
    """A directory with leaf.pem."""
    make_request(tmp_path, "leaf")
    assert enroll(ca, tmp_path, "leaf", "simpleenroll", *basic(tmp_path, "alice", ca.code("alice"))) == "200"
    return tmp_path


def test_openssl_sees_every_state_in_crl_and_ocsp_at_once(ca: CaProcess, enrolled: Path) -> None:
    require_good(ca, enrolled)
    ca.command("suspend", serial(enrolled))
    require_bad(ca, enrolled, "Certificate Hold", "certificateHold")
    ca.command("lift", serial(enrolled))
    require_good(ca, enrolled)
    ca.command("suspend", serial(enrolled))
    ca.command("revoke", serial(enrolled), "--reason", "keyCompromise")
    require_bad(ca, enrolled, "Key Compromise", "keyCompromise")
    for refused in ("lift", "suspend"):
        assert "is revoked" in ca.command(refused, serial(enrolled), status=1)
    require_bad(ca, enrolled, "Key Compromise", "keyCompromise")


def test_openssl_sees_the_end_of_validity_and_what_was_never_issued(ca: CaProcess, enrolled: Path) -> None:
    fetch_crl(ca, enrolled)
    later = run(enrolled, "date", "+%s", "-d", f"+{THREE_YEARS_S} seconds").strip()
    assert "certificate has expired" in verify(ca, enrolled, "-attime", later, status=2)
    assert "0x1234: unknown" in ask_ocsp(ca, enrolled, "-serial", "0x1234")


def test_key_and_request_belong_together(enrolled: Path) -> None:
    ours = run(enrolled, "openssl", "pkey", "-in", "leaf-key.pem", "-pubout")
    assert run(enrolled, "openssl", "x509", "-in", "leaf.pem", "-noout", "-pubkey") == ours


async def validate(ca: CaProcess, directory: Path, rule: RevocationCheckingRule) -> None:
    """Validate for signing documents; OCSP answer and CRL are fetched where the certificate says."""
    leaf, root = (asn1_x509.Certificate.load(pem_to_der(file.read_bytes())) for file in (directory / "leaf.pem", Path(ca.root)))
    policy = CertRevTrustPolicy(RevocationCheckingPolicy(ee_certificate_rule=rule, intermediate_ca_cert_rule=rule))
    async with aiohttp.ClientSession() as http:
        context = ValidationContext(
            trust_roots=[root], allow_fetching=True, revinfo_policy=policy, fetcher_backend=AIOHttpFetcherBackend(http)
        )
        validator = CertificateValidator(leaf, validation_context=context)
        await validator.async_validate_usage(  # type: ignore[no-untyped-call]
            key_usage={"digital_signature", "non_repudiation"}, extended_key_usage={DOCUMENT_SIGNING}
        )


def pem_to_der(pem: bytes) -> bytes:
    return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)


@pytest.mark.parametrize("rule", [RevocationCheckingRule.OCSP_REQUIRED, RevocationCheckingRule.CRL_REQUIRED])
@pytest.mark.parametrize("change", ["suspend", "revoke"])
def test_pyhanko_accepts_it_while_it_is_good(ca: CaProcess, enrolled: Path, change: str, rule: RevocationCheckingRule) -> None:
    asyncio.run(validate(ca, enrolled, rule))
    ca.command(change, serial(enrolled))
    with pytest.raises(RevokedError):
        asyncio.run(validate(ca, enrolled, rule))


def test_aia_leads_to_the_issuer(enrolled: Path) -> None:
    leaf = x509.load_pem_x509_certificate((enrolled / "leaf.pem").read_bytes())
    access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    issuer = next(entry for entry in access if entry.access_method == AuthorityInformationAccessOID.CA_ISSUERS)
    with urllib.request.urlopen(issuer.access_location.value) as answer:
        leaf.verify_directly_issued_by(x509.load_der_x509_certificate(answer.read()))


def test_unknown_serial_bad_reason_and_bad_environment_have_exit_codes(ca: CaProcess) -> None:
    for command in (("revoke", "1234"), ("suspend", "1234"), ("lift", "1234"), ("revoke", "1234", "--reason", "certificateHold")):
        ca.command(*command, status=1)
    ca.environment["NATSUIN_PORT"], port = "x", ca.environment["NATSUIN_PORT"]
    try:
        ca.command("revoke", "1234", status=2)
    finally:
        ca.environment["NATSUIN_PORT"] = port
