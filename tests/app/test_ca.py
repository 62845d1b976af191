"""The server's side of EST: whom it trusts by TLS, and what it gets from a real CA."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from app.ca import CertificationAuthority
from app.errors import CertificateUnavailable
from tests.demo.ca_desk import Desk, make_csr
from tests.demo.ca_process import CaProcess, running_ca


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaProcess]:
    with running_ca(tmp_path_factory.mktemp("ca-client")) as started:
        yield started


def enroll(ca: CaProcess, trust: Path | None, code: str) -> tuple[bytes, ...]:
    address = ca.est.removesuffix("/.well-known/est")
    return asyncio.run(CertificationAuthority(address, trust).enroll("alice", code, make_csr()))


def test_leaf_and_root_come_in_order(ca: CaProcess) -> None:
    """From the CA whose root is the trust anchor."""
    leaf, root = (x509.load_der_x509_certificate(der) for der in enroll(ca, Path(ca.root), ca.code("alice")))
    leaf.verify_directly_issued_by(root)
    assert root == x509.load_pem_x509_certificate(Path(ca.root).read_bytes())


def test_nothing_is_sent_to_a_ca_that_is_not_trusted(ca: CaProcess, tmp_path: Path) -> None:
    """Not by another root, not by the system's trust, not without the file; the code stays unused."""
    Desk(tmp_path / "other")
    code = ca.code("alice")
    for trust in (tmp_path / "other" / "root.pem", None, tmp_path / "nowhere.pem"):
        with pytest.raises(CertificateUnavailable):
            enroll(ca, trust, code)
    assert len(enroll(ca, Path(ca.root), code)) == 2
