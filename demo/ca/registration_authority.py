"""A registration authority (RFC 6402 §2.10): the certificate with which a signing service may ask for renewals in its signers' names."""

import os
import sqlite3
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from demo.ca.authority import Authority
from demo.ca.errors import ApplicationRefused
from demo.ca.profile import certify_registration_authority
from demo.ca.records import Records, add_certificate


def make_registration_authority(
    authority: Authority, records: Records, url: str, name: str, key_file: Path, certificate_file: Path, now: datetime
) -> x509.Certificate:
    """
    Make a key and its certificate, and write both as PEM files that only this user reads; neither may exist before.

    Raises:
        ApplicationRefused: a file exists, or the name can't stand in a certificate.
    """
    if not 0 < len(name.strip()) <= 64 or not name.isprintable():
        raise ApplicationRefused("the name has 1 to 64 printable characters")
    for file in (key_file, certificate_file):
        if file.exists():
            raise ApplicationRefused(f"{file} exists already")
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = certify_registration_authority(authority, url, name=name, public_key=key.public_key(), now=now)
    with records.transaction() as sql:
        add_certificate(sql, "registration_authority", certificate)
    _write(key_file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _write(certificate_file, certificate.public_bytes(Encoding.PEM))
    return certificate


def is_registration_authority(row: sqlite3.Row) -> bool:
    """Tell by the CA's own record what a certificate was issued as."""
    return bool(row["kind"] == "registration_authority")


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
