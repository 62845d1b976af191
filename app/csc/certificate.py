"""A certificate in the words of `credentials/info` (CSC 2.0 §11.6, 2.2 for `policy` and `qcStatements`)."""

from datetime import datetime
from typing import ClassVar

from asn1crypto import core
from cryptography import x509

from app.csc.answers import Certificate

QC_STATEMENTS = "1.3.6.1.5.5.7.1.3"  # RFC 3739 §3.2.6


class _Statement(core.Sequence):  # type: ignore[misc]  # asn1crypto says no types
    _fields: ClassVar = [("statement_id", core.ObjectIdentifier), ("statement_info", core.Any, {"optional": True})]


class _Statements(core.SequenceOf):  # type: ignore[misc]  # the same
    _child_spec = _Statement


def read_out(leaf: x509.Certificate) -> Certificate:
    """Say what a certificate says: names as RFC 4514 has them, the number in hexadecimal; policies and statements by OID."""
    told = Certificate(
        issuerDN=leaf.issuer.rfc4514_string(),
        serialNumber=f"{leaf.serial_number:x}",
        subjectDN=leaf.subject.rfc4514_string(),
        validFrom=_time(leaf.not_valid_before_utc),
        validTo=_time(leaf.not_valid_after_utc),
    )
    for extension in leaf.extensions:
        if isinstance(extension.value, x509.CertificatePolicies):
            told.policy = [one.policy_identifier.dotted_string for one in extension.value]
        elif isinstance(extension.value, x509.UnrecognizedExtension) and extension.oid.dotted_string == QC_STATEMENTS:
            told.qcStatements = [one["statement_id"].dotted for one in _Statements.load(extension.value.value)]
    return told


def _time(moment: datetime) -> str:
    return moment.strftime("%Y%m%d%H%M%SZ")
