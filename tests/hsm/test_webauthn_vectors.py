"""The W3C's own test vectors (WebAuthn L3, Test Vectors) as the SAM sees them; skipped where they are not beside the project."""

import base64
import json
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from hsm.assertion import RelyingParty, verify_assertion, verify_registration
from hsm.attestation import PasskeyPolicy
from hsm.errors import EvidenceRefused, PasskeyUnacceptable, Refused
from hsm.messages import PasskeyRecord

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "webauthn" / "vectors.json"
pytestmark = pytest.mark.skipif(not VECTORS.is_file(), reason=f"the W3C's vectors are not at {VECTORS}")

PARTY = RelyingParty("example.org", "https://example.org")
USER_VERIFIED, BACKUP_ELIGIBLE = 0x04, 0x08
NOT_VERIFIED, FRAMED, NO_ALGORITHM, NO_FORMAT = (
    "user not verified",
    "in another site's page",
    "algorithm not taken",
    "attestation not taken",
)
EXPECTED: dict[str, tuple[str | None, str | None]] = {  # why the registration and the assertion are refused; None where they are taken
    "none-es256": (NOT_VERIFIED, NOT_VERIFIED),
    "packed-self-es256": (None, NOT_VERIFIED),
    "none-es256-crossOrigin": (FRAMED, FRAMED),
    "none-es256-topOrigin": (FRAMED, FRAMED),
    "none-es256-long-credential-id": (NOT_VERIFIED, None),
    "packed-es256": (None, None),
    "packed-es384": (NOT_VERIFIED, NO_ALGORITHM),
    "packed-es512": (NO_ALGORITHM, NOT_VERIFIED),
    "packed-rs256": (None, NOT_VERIFIED),
    "packed-eddsa": (NOT_VERIFIED, NOT_VERIFIED),
    "packed-ed448": (NOT_VERIFIED, NO_ALGORITHM),
    "tpm-es256": (NO_FORMAT, None),
    "android-key-es256": (NO_FORMAT, NOT_VERIFIED),
    "apple-es256": (NOT_VERIFIED, NOT_VERIFIED),
    "fido-u2f-es256": (NOT_VERIFIED, NOT_VERIFIED),
}


class Vector:
    """One registration and one assertion of the same passkey, as a browser would hand them over."""

    def __init__(self, name: str) -> None:
        vector = json.loads(VECTORS.read_text())[f"sctn-test-vectors-{name}"]
        made, used = ({field: bytes.fromhex(value) for field, value in vector[part].items()} for part in ("registration", "authentication"))
        self.authenticator_data = cbor2.loads(made["attestationObject"])["authData"]
        self.asserted_data = used["authenticatorData"]
        self.challenges = made["challenge"], used["challenge"]
        end = 55 + int.from_bytes(self.authenticator_data[53:55])
        self.passkey_id, public_key = self.authenticator_data[55:end], cbor2.dumps(cbor2.loads(self.authenticator_data[end:]))
        self.record = PasskeyRecord(self.passkey_id, public_key, 0, bool(self.authenticator_data[32] & BACKUP_ELIGIBLE))
        self.registration = self._credential(made, "clientDataJSON", "attestationObject")
        self.assertion = self._credential(used, "clientDataJSON", "authenticatorData", "signature")

    def _credential(self, vector: dict[str, bytes], *fields: str) -> dict[str, Any]:
        response = {field: _base64url(vector[field]) for field in fields}
        return {"id": _base64url(self.passkey_id), "rawId": _base64url(self.passkey_id), "type": "public-key", "response": response}

    def register(self, party: RelyingParty = PARTY) -> PasskeyRecord:
        return verify_registration(party, self.registration, self.challenges[0])

    def use(self) -> int:
        return verify_assertion(PARTY, self.assertion, self.challenges[1], self.record, b"").sign_count


def attested() -> RelyingParty:
    """The same party, whose operator takes what the vectors' root stands behind, and nothing else."""
    root = json.loads(VECTORS.read_text())["sctn-test-vectors-attestation-root-cert"]["root"]["attestation_ca_cert"]
    pem = x509.load_der_x509_certificate(bytes.fromhex(root)).public_bytes(Encoding.PEM)
    return RelyingParty(PARTY.rp_id, PARTY.origin, PasskeyPolicy((pem,)))


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def test_every_vector_is_expected() -> None:
    """None is left out, and none has been added."""
    vectors = json.loads(VECTORS.read_text())
    assert {f"sctn-test-vectors-{name}" for name in EXPECTED} == {name for name, vector in vectors.items() if "registration" in vector}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_registration_is_taken_or_refused(name: str) -> None:
    """Taken are those with a verified user, on our own page, with an algorithm and an attestation that are known."""
    vector, why = Vector(name), EXPECTED[name][0]
    assert (why == NOT_VERIFIED) <= (not vector.authenticator_data[32] & USER_VERIFIED)
    if why is None:
        assert vector.register() == vector.record
    else:
        with pytest.raises(EvidenceRefused):
            vector.register()


@pytest.mark.parametrize("name", EXPECTED)
def test_an_assertion_is_taken_or_refused(name: str) -> None:
    """Taken are those with a verified user, on our own page, with an algorithm that is known."""
    vector, why = Vector(name), EXPECTED[name][1]
    assert (why == NOT_VERIFIED) == (not vector.asserted_data[32] & USER_VERIFIED)
    if why is None:
        assert vector.use() == int.from_bytes(vector.asserted_data[33:37])
    else:
        with pytest.raises(EvidenceRefused):
            vector.use()


@pytest.mark.parametrize("name", [name for name, (_, why) in EXPECTED.items() if why is None])
def test_an_assertion_with_one_changed_bit_is_refused(name: str) -> None:
    """Each bit of the authenticator's data and of the signature counts."""
    vector = Vector(name)
    for field in ("authenticatorData", "signature"):
        right = vector.assertion["response"][field]
        raw = base64.urlsafe_b64decode(right + "==")
        for position in range(len(raw) * 8):
            changed = (int.from_bytes(raw) ^ 1 << position).to_bytes(len(raw))
            vector.assertion["response"][field] = _base64url(changed)
            with pytest.raises(EvidenceRefused):
                vector.use()
        vector.assertion["response"][field] = right
    assert vector.use() >= 0


@pytest.mark.parametrize("name", [name for name, (why, _) in EXPECTED.items() if why is None])
def test_an_attestation_is_taken_where_its_root_counts(name: str) -> None:
    """What attests itself has no root."""
    vector = Vector(name)
    if name == "packed-self-es256":
        with pytest.raises(PasskeyUnacceptable, match="itself"):
            vector.register(attested())
    else:
        assert vector.register(attested()) == vector.record


def test_an_attestation_with_one_changed_bit_is_refused() -> None:
    """Each bit of the attestation object counts, the model and the certificate among them."""
    vector, party = Vector("packed-es256"), attested()
    right = vector.registration["response"]["attestationObject"]
    raw = base64.urlsafe_b64decode(right + "==")
    for position in range(len(raw) * 8):
        changed = (int.from_bytes(raw) ^ 1 << position).to_bytes(len(raw))
        vector.registration["response"]["attestationObject"] = _base64url(changed)
        with pytest.raises(Refused):
            vector.register(party)
