"""What the CA keeps: older records are carried over, and its TLS certificate is renewed in time."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from demo.ca.records import MIGRATIONS, Records
from demo.ca.status import revoke
from demo.ca.tls import Tls
from tests.demo.ca_desk import START, Desk, certificate_of, make_csr


def test_records_of_the_first_version_are_carried_over(tmp_path: Path) -> None:
    """Certificates with their states, people with and without one; codes of the old form are dead, an officer makes a new one."""
    maker = Desk(tmp_path / "maker")
    good, bad = maker.issue("alice"), maker.issue("bob")
    old = tmp_path / "old.sqlite3"
    with closing(sqlite3.connect(old)) as sql:
        sql.executescript(MIGRATIONS[0])
        for number, (person, used) in enumerate((("alice", 1), ("bob", 1), ("carol", None)), 1):
            sql.execute(
                "INSERT INTO application VALUES (?, ?, ?, ?, 2000000000, 5, ?, ?)", (number, person, person, b"%d" % number, used, b"csr")
            )
        sql.execute("INSERT INTO certificate VALUES (?, 1, ?, NULL, NULL)", (f"{good.serial_number:X}", good.public_bytes(Encoding.DER)))
        sql.execute(
            "INSERT INTO certificate VALUES (?, 2, ?, 1000, 'keyCompromise')",
            (f"{bad.serial_number:X}", bad.public_bytes(Encoding.DER)),
        )
        sql.commit()
    records = Records(old)
    Records(old)  # once is enough
    with records.reading() as sql:
        people = sql.execute("SELECT user_id, state FROM application ORDER BY id").fetchall()
        assert [tuple(row) for row in people] == [("alice", "certified"), ("bob", "certified"), ("carol", "accepted")]
        states = sql.execute("SELECT state, since, reason FROM certificate ORDER BY application_id").fetchall()
        assert [tuple(row) for row in states] == [("good", None, None), ("revoked", 1000, "keyCompromise")]
    revoke(records, f"{good.serial_number:X}", x509.ReasonFlags.superseded, START)


def test_a_key_is_certified_once_whoever_asks(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "ca")
    csr = make_csr()
    certificate_of(desk.enroll(desk.apply("alice"), csr, "alice"))
    code = desk.apply("bob")
    assert desk.enroll(code, csr, "bob").status_code == 400
    certificate_of(desk.enroll(code, make_csr(), "bob"))


@pytest.mark.parametrize(("days", "is_new"), [(59, False), (61, True), (100, True)])
def test_the_tls_certificate_is_renewed_before_it_ends(tmp_path: Path, days: int, is_new: bool) -> None:
    office = Desk(tmp_path / "ca").office

    def make() -> Tls:
        return Tls(office.config.directory, office.authority, office.records, office.config.url, "ca.test")

    file = office.config.directory / "tls.pem"
    make().renew(START)
    first = file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    make().renew(START + timedelta(days=days))
    assert (file.read_bytes() != first) is is_new


def test_the_tls_certificate_is_made_anew_for_another_name(tmp_path: Path) -> None:
    office = Desk(tmp_path / "ca").office
    for host in ("ca.test", "other.test"):
        Tls(office.config.directory, office.authority, office.records, office.config.url, host).renew(START)
    certificate = x509.load_pem_x509_certificate((office.config.directory / "tls.pem").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "other.test"]
