"""The way of one signature over HTTP, from the application's request to a signature that verifies."""

import base64
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from tests.harness.signer import Signer
from tests.harness.stack import Application


def test_approved_hash_is_signed_with_the_certified_key(application: Application, person: Signer) -> None:
    """The signature verifies with the certificate that `credentials/info` gives."""
    digest = hashlib.sha256(b"contract").digest()
    asked = application.authorize(person.credential_id, digest)
    person.approve(asked["handle"])
    answer = application.sign(person.credential_id, application.sad(asked["handle"]), asked["hashes"])

    assert answer.status_code == 200
    info = application.post("credentials/info", {"credentialID": person.credential_id}).json()
    key = x509.load_der_x509_certificate(base64.b64decode(info["cert"]["certificates"][0])).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(base64.b64decode(answer.json()["signatures"][0]), digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
