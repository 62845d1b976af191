"""
Leaves a SAM's record of a certificate as the passing of years would: its time was over a second ago.

A program of its own, for a SAM that is not running: `python -m tests.flow.expired CREDENTIAL_ID`, in the SAM's environment.
"""

import sys
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from hsm.__main__ import start
from hsm.approval import certificate_of
from hsm.config import read_config
from hsm.records import CREDENTIALS
from tests.harness.records import reseal


def main(credential_id: str) -> None:
    """Put a certificate in the place of this credential's, the same but for its time."""
    sam = start(read_config())
    old, now = certificate_of(sam.store.credential(credential_id)), datetime.fromtimestamp(sam.now(), UTC)
    expired = (
        x509.CertificateBuilder()
        .subject_name(old.subject)
        .issuer_name(old.issuer)
        .public_key(old.public_key())
        .serial_number(old.serial_number)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now - timedelta(seconds=1))
        .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    )
    reseal(sam, CREDENTIALS, credential_id, certificate=expired.public_bytes(Encoding.DER))
    sam.store.close()
    sam.token.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
