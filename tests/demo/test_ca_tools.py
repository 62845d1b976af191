"""The CA as its own process, talked to by programs that know nothing of it: curl, openssl and pyHanko's certificate validator."""

import asyncio
import base64
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
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

ROOT = Path(__file__).parents[2]
START_WAIT_S = 20
DOCUMENT_SIGNING = "1.3.6.1.5.5.7.3.36"


@dataclass
class Ca:
    url: str
    data: Path
    environment: dict[str, str]


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ca]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    data = tmp_path_factory.mktemp("ca-tools")
    environment = {**os.environ, "NATSUIN_PORT": str(port - 2), "NATSUIN_DATA": str(data), "PYTHONPATH": str(ROOT)}
    environment.pop("DEMO_CA_URL", None)
    server = subprocess.Popen([sys.executable, "-m", "demo.ca"], env=environment)
    try:
        wait_for(port, server)
        yield Ca(f"http://localhost:{port}", data, environment)
    finally:
        server.terminate()
        server.wait(10)


def wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_WAIT_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert server.poll() is None, "the CA ended"
            assert time.monotonic() < deadline, "the CA did not start"
            time.sleep(0.05)


def run(directory: Path, *command: str, status: int = 0) -> str:
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == status, done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def enrolled(ca: Ca, tmp_path: Path) -> Path:
    """A directory with leaf.pem and ca.pem, got as RFC 7030 says, by shell tools."""
    est = f"{ca.url}/.well-known/est"
    officer = (ca.data / "ca" / "ra-secret").read_text()
    person = {"user_id": "alice", "name": "山田 花子"}
    headers = ("-H", f"Authorization: Bearer {officer}", "-H", "Content-Type: application/json")
    code = json.loads(run(tmp_path, "curl", "-sSf", *headers, "-d", json.dumps(person), f"{ca.url}/applications"))["code"]
    run(
        tmp_path,
        "openssl",
        "req",
        "-new",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "key.pem",
        "-subj",
        "/CN=x",
        "-outform",
        "DER",
        "-out",
        "csr",
    )
    run(tmp_path, "openssl", "base64", "-in", "csr", "-out", "csr.b64")
    pkcs10 = ("-H", "Content-Type: application/pkcs10", "-H", "Content-Transfer-Encoding: base64", "--data-binary", "@csr.b64")
    run(tmp_path, "curl", "-sSf", "-u", f"alice:{code}", *pkcs10, "-o", "leaf.b64", f"{est}/simpleenroll")
    run(tmp_path, "curl", "-sSf", "-o", "ca.b64", f"{est}/cacerts")
    for name in ("leaf", "ca"):
        run(tmp_path, "openssl", "base64", "-d", "-A", "-in", f"{name}.b64", "-out", f"{name}.p7")
        run(tmp_path, "openssl", "pkcs7", "-inform", "DER", "-in", f"{name}.p7", "-print_certs", "-out", f"{name}.pem")
    return tmp_path


def fetch_crl(ca: Ca, directory: Path) -> str:
    run(directory, "curl", "-sSf", "-o", "crl.der", f"{ca.url}/crl")
    return run(directory, "openssl", "crl", "-inform", "DER", "-in", "crl.der", "-CAfile", "ca.pem", "-out", "crl.pem")


def ask_ocsp(ca: Ca, directory: Path) -> str:
    question = ("-issuer", "ca.pem", "-cert", "leaf.pem", "-url", f"{ca.url}/ocsp", "-CAfile", "ca.pem", "-nonce")
    return run(directory, "openssl", "ocsp", *question)


VERIFY = ("openssl", "verify", "-x509_strict", "-crl_check", "-CRLfile", "crl.pem", "-CAfile", "ca.pem", "leaf.pem")


def revoke(ca: Ca, directory: Path) -> None:
    serial = run(directory, "openssl", "x509", "-in", "leaf.pem", "-noout", "-serial").strip().partition("=")[2]
    command = [sys.executable, "-m", "demo.ca", "revoke", serial, "--reason", "keyCompromise"]
    subprocess.run(command, env=ca.environment, check=True, timeout=30)


def test_openssl_accepts_it_until_it_is_revoked(ca: Ca, enrolled: Path) -> None:
    assert "verify OK" in fetch_crl(ca, enrolled)
    assert "leaf.pem: OK" in run(enrolled, *VERIFY)
    answer = ask_ocsp(ca, enrolled)
    assert "Response verify OK" in answer
    assert "WARNING" not in answer  # openssl's way of saying that the nonce did not come back
    assert "leaf.pem: good" in answer
    revoke(ca, enrolled)
    fetch_crl(ca, enrolled)
    assert "certificate revoked" in run(enrolled, *VERIFY, status=2)
    assert "leaf.pem: revoked" in ask_ocsp(ca, enrolled)


def test_key_and_request_belong_together(enrolled: Path) -> None:
    ours = run(enrolled, "openssl", "pkey", "-in", "key.pem", "-pubout")
    assert run(enrolled, "openssl", "x509", "-in", "leaf.pem", "-noout", "-pubkey") == ours


async def validate(directory: Path, rule: RevocationCheckingRule) -> None:
    """Validate for signing documents; OCSP answer and CRL are fetched where the certificate says."""
    leaf, root = (asn1_x509.Certificate.load(pem_to_der((directory / name).read_bytes())) for name in ("leaf.pem", "ca.pem"))
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
def test_pyhanko_accepts_it_until_it_is_revoked(ca: Ca, enrolled: Path, rule: RevocationCheckingRule) -> None:
    asyncio.run(validate(enrolled, rule))
    revoke(ca, enrolled)
    with pytest.raises(RevokedError):
        asyncio.run(validate(enrolled, rule))


def test_aia_leads_to_the_issuer(ca: Ca, enrolled: Path) -> None:
    leaf = x509.load_pem_x509_certificate((enrolled / "leaf.pem").read_bytes())
    access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    issuer = next(entry for entry in access if entry.access_method == AuthorityInformationAccessOID.CA_ISSUERS)
    with urllib.request.urlopen(issuer.access_location.value) as answer:
        leaf.verify_directly_issued_by(x509.load_der_x509_certificate(answer.read()))
    assert base64.b64decode((enrolled / "ca.b64").read_bytes(), validate=True)


def test_unknown_serial_and_bad_environment_have_exit_codes(ca: Ca) -> None:
    command = [sys.executable, "-m", "demo.ca", "revoke", "1234"]
    assert subprocess.run(command, env=ca.environment, check=False, capture_output=True, timeout=30).returncode == 1
    assert (
        subprocess.run(command, env={**ca.environment, "NATSUIN_PORT": "x"}, check=False, capture_output=True, timeout=30).returncode == 2
    )
