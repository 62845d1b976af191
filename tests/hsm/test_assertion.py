"""WebAuthn evidence of any shape is verified or refused, and is never a failure."""

import base64
import copy
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hsm.assertion import passkey_id_of, require_same_origin, verify_assertion, verify_registration
from hsm.errors import EvidenceRefused
from hsm.messages import EnrollTransaction, PasskeyRecord, challenge
from tests.harness.sam import TestSigner, b64
from tests.hsm.conftest import SignerOf

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary().map(b64),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
STEADY = settings(derandomize=True, deadline=None, database=None, max_examples=150)
RESPONSE_FIELDS = ("clientDataJSON", "authenticatorData", "signature", "userHandle", "attestationObject", "transports", "publicKey")


@pytest.fixture
def shared(signer_of: SignerOf) -> TestSigner:
    return signer_of("p-256")


def registration_of(signer: TestSigner) -> tuple[dict[str, Any], bytes]:
    """A flawless registration of a new passkey, and the challenge that it answers."""
    request = TestSigner(signer.sam, signer.clock).enrollment()
    return request.registration, challenge(EnrollTransaction, request.transaction)


def test_evidence_of_any_shape_is_refused(shared: TestSigner) -> None:
    """Whatever JSON stands in place of the evidence, the answer is a refusal."""

    @STEADY
    @given(st.dictionaries(st.sampled_from(["id", "rawId", "type", "response"]) | st.text(), JSON))
    def refused(evidence: dict[str, Any]) -> None:
        with pytest.raises(EvidenceRefused):
            verify_registration(shared.sam.party, evidence, bytes(32))
        with pytest.raises(EvidenceRefused):
            verify_assertion(shared.sam.party, evidence, bytes(32), PasskeyRecord(b"", b"", 0, False), b"")

    refused()


def test_evidence_with_a_field_of_any_shape_is_verified_or_refused(shared: TestSigner) -> None:
    """One field is replaced by whatever JSON; the parsers' complaints are refusals."""
    registration, expected = registration_of(shared)

    @STEADY
    @given(st.sampled_from(RESPONSE_FIELDS), JSON)
    def survives(field: str, value: Any) -> None:
        changed = copy.deepcopy(registration)
        changed["response"][field] = value
        try:
            verify_registration(shared.sam.party, changed, expected)
        except EvidenceRefused:
            return
        assert field not in ("clientDataJSON", "attestationObject")

    survives()


def test_a_registration_with_changed_bytes_is_verified_or_refused(shared: TestSigner) -> None:
    """The attestation object is CBOR from outside: any bytes in it are parsed, or refused."""
    registration, expected = registration_of(shared)
    raw = bytearray(_decoded(registration["response"]["attestationObject"]))

    @STEADY
    @given(st.lists(st.tuples(st.integers(0, len(raw) - 1), st.integers(0, 255)), min_size=1, max_size=4), st.integers(0, 40))
    def survives(changes: list[tuple[int, int]], cut_bytes: int) -> None:
        mutant = bytearray(raw)
        for position, value in changes:
            mutant[position] = value
        changed = copy.deepcopy(registration)
        changed["response"]["attestationObject"] = b64(bytes(mutant[: len(mutant) - cut_bytes]))
        try:
            verify_registration(shared.sam.party, changed, expected)
        except EvidenceRefused:
            return

    survives()


@pytest.mark.parametrize(
    "client_data",
    [
        b"",
        b"[]",
        b"1",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b'{"crossOrigin":true}',
        b'{"crossOrigin":null}',
        b'{"crossOrigin":0}',
        b'{"topOrigin":null}',
    ],
    ids=lambda client_data: repr(client_data[:25]),
)
def test_client_data_of_another_page_is_refused(client_data: bytes) -> None:
    """Only `false` or nothing says that the ceremony was in no frame, and what can't be read says nothing."""
    with pytest.raises(EvidenceRefused):
        require_same_origin(client_data)


def test_client_data_without_cross_origin_is_taken() -> None:
    """Old browsers don't say it."""
    require_same_origin(b"{}")
    require_same_origin(b'{"crossOrigin":false}')


@pytest.mark.parametrize(
    "evidence", [{}, {"id": "AAAA"}, {"rawId": 1, "id": 1}, {"rawId": "AAAA", "id": "AAAB"}, {"rawId": "!", "id": "!"}]
)
def test_evidence_names_one_passkey(evidence: dict[str, Any]) -> None:
    """`id` and `rawId` are the same text."""
    with pytest.raises(EvidenceRefused):
        passkey_id_of(evidence)


@pytest.mark.parametrize("algorithm", [-65535, -37, -36, -47], ids=["RS1", "PS256", "ES512", "ES256K"])
def test_a_registration_of_another_algorithm_is_refused(shared: TestSigner, algorithm: int) -> None:
    """A new passkey signs with ES256, EdDSA or RS256, whatever its browser was asked for."""
    registration, expected = registration_of(shared)
    attestation = cbor2.loads(_decoded(registration["response"]["attestationObject"]))
    end = 55 + int.from_bytes(attestation["authData"][53:55])
    key = cbor2.loads(attestation["authData"][end:]) | {3: algorithm}
    attestation["authData"] = attestation["authData"][:end] + cbor2.dumps(key)
    registration["response"]["attestationObject"] = b64(cbor2.dumps(attestation))
    with pytest.raises(EvidenceRefused):
        verify_registration(shared.sam.party, registration, expected)


@pytest.mark.parametrize(("bits", "is_taken"), [(1_024, False), (2_047, False), (2_048, True), (3_072, True)])
def test_a_passkey_with_a_short_rsa_key_is_refused(shared: TestSigner, bits: int, is_taken: bool) -> None:
    """RS256 says nothing about the key's size, and the library takes any."""
    registration, expected = registration_of(shared)
    attestation = cbor2.loads(_decoded(registration["response"]["attestationObject"]))
    end = 55 + int.from_bytes(attestation["authData"][53:55])
    modulus = (1 << (bits - 1)) | 1
    key = {1: 3, 3: -257, -1: modulus.to_bytes((bits + 7) // 8), -2: b"\x01\x00\x01"}
    attestation["authData"] = attestation["authData"][:end] + cbor2.dumps(key)
    registration["response"]["attestationObject"] = b64(cbor2.dumps(attestation))
    if is_taken:
        assert verify_registration(shared.sam.party, registration, expected).public_key == cbor2.dumps(key)
    else:
        with pytest.raises(EvidenceRefused, match="too short"):
            verify_registration(shared.sam.party, registration, expected)


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "==")
