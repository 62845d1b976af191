"""What `credentials/info` reads out of a certificate beside names and dates (CSC 2.2): policies and QC statements, where it has them."""

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import UNSET

from app.csc.certificate import read_out

POLICY = "0.4.0.194112.1.2"
# RFC 3739 §3.2.6: id-etsi-qcs-QcCompliance without, id-etsi-qcs-QcType with statementInfo
STATEMENTS = bytes.fromhex("301f300806060400 8e460101 3013060604008e4601063009060704008e46010601".replace(" ", ""))


def made(*extensions: x509.ExtensionType) -> x509.Certificate:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name.from_rfc4514_string("CN=Taro")
    began = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(0xABC)
    builder = builder.not_valid_before(began).not_valid_after(began + datetime.timedelta(days=1))
    for one in extensions:
        builder = builder.add_extension(one, critical=False)
    return builder.sign(key, hashes.SHA256())


def test_policies_and_statements_are_named_by_oid() -> None:
    policies = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(POLICY), None)])
    statements = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3"), STATEMENTS)
    told = read_out(made(policies, statements))
    assert told.policy == [POLICY]
    assert told.qcStatements == ["0.4.0.1862.1.1", "0.4.0.1862.1.6"]


@pytest.mark.parametrize("absent", ["policy", "qcStatements"])
def test_what_a_certificate_does_not_say_is_left_out(absent: str) -> None:
    told = read_out(made())
    assert getattr(told, absent) is UNSET
    assert (told.serialNumber, told.validFrom, told.validTo) == ("abc", "20260102030405Z", "20260103030405Z")
