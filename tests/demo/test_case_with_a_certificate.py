"""
The rule's case イ by the commands of docs/ca.md alone: who has a certificate of another CA applies with openssl and curl.

The CA is the demo's own process, the other one answers over HTTP; the key is openssl's.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from tests.demo.ca_existing import Applicant, OtherCa, other_ca
from tests.demo.ca_process import ROOT, CaProcess, make_request, run, running_ca, unpack
from tests.demo.ca_states import require_bad, require_good, serial

NAME = "山田 花子"


@pytest.fixture
def other(tmp_path: Path) -> Iterator[OtherCa]:
    with other_ca() as running:
        (tmp_path / "data" / "ca" / "trusted").mkdir(parents=True)
        (tmp_path / "data" / "ca" / "trusted" / "other.pem").write_bytes(running.root.public_bytes(Encoding.PEM))
        yield running


@pytest.fixture
def ca(other: OtherCa, tmp_path: Path) -> Iterator[CaProcess]:
    with running_ca(tmp_path / "data") as started:
        yield started


def documented(ca: CaProcess) -> str:
    """Take the commands from docs/ca.md, for this CA's address; the answer's status goes to standard output."""
    text = (ROOT / "docs" / "ca.md").read_text()
    (commands,) = re.findall(r"```sh\n(cat > application\.json.*?)```", text, re.DOTALL)
    assert commands.count("http://localhost:8082") == 2
    return str(commands).replace("http://localhost:8082", ca.url).replace("curl -sS", "curl -sS -o leaf.answer -w '%{http_code}'")


def apply(ca: CaProcess, folder: Path) -> str:
    """Run them as written."""
    done = subprocess.run(
        ["bash", "-euc", documented(ca)], cwd=folder, capture_output=True, text=True, timeout=60, env=os.environ, check=True
    )
    return done.stdout


def test_who_has_a_certificate_applies_by_the_documentation_and_gets_another(ca: CaProcess, other: OtherCa, tmp_path: Path) -> None:
    """It is for the key of the request and in the person's name; openssl follows it from good to revoked."""
    folder = tmp_path / "person"
    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    Applicant(folder, other.issue(key, NAME), key)
    make_request(folder, "request", user_id="hanako", name=NAME)
    run(folder, "openssl", "req", "-inform", "DER", "-in", "request.csr", "-outform", "DER", "-out", "request.der")

    assert apply(ca, folder) == "200"
    unpack(folder, "leaf")
    first = serial(folder)
    require_good(ca, folder)
    subject = run(folder, "openssl", "x509", "-in", "leaf.pem", "-noout", "-subject", "-nameopt", "RFC2253,utf8,-esc_msb")
    assert f"UID=hanako,CN={NAME},C=JP" in subject
    key_of = ("openssl", "x509", "-in", "leaf.pem", "-noout", "-pubkey")
    assert run(folder, *key_of) == run(folder, "openssl", "pkey", "-in", "request-key.pem", "-pubout")

    again = apply(ca, folder)
    assert again in ("200", "400")  # within its second it is the same application; afterwards another, for a key that has its certificate
    if again == "200":
        unpack(folder, "leaf")
    assert serial(folder) == first
    ca.command("suspend", first)
    require_bad(ca, folder, "Certificate Hold", "certificateHold")
    ca.command("revoke", first, "--reason", "superseded")
    require_bad(ca, folder, "Superseded", "superseded")


def test_whose_certificate_was_revoked_gets_none(ca: CaProcess, other: OtherCa, tmp_path: Path) -> None:
    """The other CA's word is asked for; nothing is issued."""
    folder = tmp_path / "person"
    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    Applicant(folder, other.issue(key, NAME), key)
    other.revoked.update(other.issued)
    make_request(folder, "request", user_id="hanako", name=NAME)
    run(folder, "openssl", "req", "-inform", "DER", "-in", "request.csr", "-outform", "DER", "-out", "request.der")
    assert apply(ca, folder) == "403"
    assert b"revoked" in (folder / "leaf.answer").read_bytes()
