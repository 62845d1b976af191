"""How a certificate stands, by openssl's word alone: `leaf.pem` of a folder, its CRL and its OCSP answer, which must agree."""

from pathlib import Path
from typing import Protocol

from tests.demo.ca_process import run


class Asked(Protocol):
    """A CA that runs: where it answers, and the file of its root."""

    @property
    def url(self) -> str: ...

    @property
    def root(self) -> str: ...


def fetch_crl(ca: Asked, directory: Path) -> str:
    run(directory, "curl", "-sSf", "-o", "crl.der", f"{ca.url}/crl")
    said = run(directory, "openssl", "crl", "-inform", "DER", "-in", "crl.der", "-CAfile", ca.root, "-out", "crl.pem", "-text")
    assert "verify OK" in said
    return (directory / "crl.pem").read_text()


def ask_ocsp(ca: Asked, directory: Path, *which: str) -> str:
    question = ("-issuer", ca.root, *(which or ("-cert", "leaf.pem")), "-url", f"{ca.url}/ocsp", "-CAfile", ca.root, "-nonce")
    answer = run(directory, "openssl", "ocsp", *question)
    assert "Response verify OK" in answer
    assert "WARNING" not in answer  # openssl's way of saying that the nonce did not come back
    return answer


def verify(ca: Asked, directory: Path, *options: str, status: int = 0) -> str:
    asked = ("-x509_strict", "-crl_check", "-CRLfile", "crl.pem", "-CAfile", ca.root, *options, "leaf.pem")
    return run(directory, "openssl", "verify", *asked, status=status)


def serial(directory: Path) -> str:
    return run(directory, "openssl", "x509", "-in", "leaf.pem", "-noout", "-serial").strip().partition("=")[2]


def require_good(ca: Asked, directory: Path) -> None:
    listed = fetch_crl(ca, directory)
    assert serial(directory) not in listed
    assert "leaf.pem: OK" in verify(ca, directory)
    assert "leaf.pem: good" in ask_ocsp(ca, directory)


def require_bad(ca: Asked, directory: Path, reason_in_crl: str, reason_in_ocsp: str) -> None:
    listed = fetch_crl(ca, directory)
    assert reason_in_crl in listed.partition(f"Serial Number: {serial(directory)}")[2].partition("Serial Number")[0]
    assert "certificate revoked" in verify(ca, directory, status=2)
    answer = ask_ocsp(ca, directory)
    assert "leaf.pem: revoked" in answer
    assert f"Reason: {reason_in_ocsp}" in answer
