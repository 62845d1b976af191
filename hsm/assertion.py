"""
WebAuthn ceremonies as the SAM believes them (WebAuthn L3 §7.1, §7.2): the library's checks, and those that it leaves to its caller.

User verification is always required; a ceremony inside another site's frame is refused; nothing here remembers anything.
"""

import base64
import binascii
import json
from typing import Any

from msgspec import Struct
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import decode_credential_public_key
from webauthn.helpers.decode_credential_public_key import DecodedRSAPublicKey
from webauthn.helpers.structs import AttestationFormat, CredentialDeviceType

from hsm.attestation import EVERYTHING, PasskeyPolicy, require_taken
from hsm.errors import EvidenceRefused, Refused
from hsm.messages import PasskeyRecord

OWN_ROOTS = (
    AttestationFormat.APPLE,
    AttestationFormat.ANDROID_KEY,
)  # where the library knows some, and takes no others but those it is given
LEAST_RSA_BITS = 2_048  # NIST SP 800-131A rev. 2 §3


class RelyingParty(Struct, frozen=True):
    """Whose passkeys are believed: the RP ID and the one origin, compared exactly; and which new ones are taken."""

    rp_id: str
    origin: str
    taken: PasskeyPolicy = EVERYTHING


class Verified(Struct, frozen=True):
    """What an assertion proved, with the signed bytes that prove it to anyone later."""

    sign_count: int
    client_data: bytes
    authenticator_data: bytes
    signature: bytes


def verify_registration(
    party: RelyingParty, registration: dict[str, Any], challenge: bytes, *, taken_before: bool = False
) -> PasskeyRecord:
    """
    Check that a new passkey answered `challenge` with its user verified (WebAuthn L3 §7.1); and that it is taken, unless it was before.

    Raises:
        EvidenceRefused: whatever is wrong with it, the parser's complaints included.
        PasskeyUnacceptable, PasskeySynced: the operator does not take it.
    """
    require_same_origin(_client_data(registration))
    try:
        verified = verify_registration_response(
            credential=registration,
            expected_challenge=challenge,
            expected_rp_id=party.rp_id,
            expected_origin=party.origin,
            require_user_verification=True,
            pem_root_certs_bytes_by_fmt={name: list(party.taken.roots) for name in OWN_ROOTS},
        )
        require_strong(verified.credential_public_key)
        if not taken_before:
            require_taken(party.taken, verified)
    except Refused:
        raise
    # Hostile input makes the library and its parsers raise almost anything; every one of them is a refusal.
    except Exception as error:
        raise EvidenceRefused(f"registration: {type(error).__name__}") from error
    return PasskeyRecord(
        passkey_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        backup_eligible=verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
    )


def verify_assertion(
    party: RelyingParty, assertion: dict[str, Any], challenge: bytes, passkey: PasskeyRecord, user_handle: bytes
) -> Verified:
    """
    Check that `passkey` answered `challenge` with its user verified (WebAuthn L3 §7.2).

    Beyond the library: same origin only (steps 10 and 11), user handle (step 6), backup eligibility never changes (step 18).

    Raises:
        EvidenceRefused: whatever is wrong with it, the parser's complaints included.
    """
    client_data = _client_data(assertion)
    require_same_origin(client_data)
    response = _response(assertion)
    if response.get("userHandle") is not None and _bytes(response["userHandle"]) != user_handle:
        raise EvidenceRefused("userHandle is another signer's")
    try:
        verified = verify_authentication_response(
            credential=assertion,
            expected_challenge=challenge,
            expected_rp_id=party.rp_id,
            expected_origin=party.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except Exception as error:
        raise EvidenceRefused(f"assertion: {type(error).__name__}") from error
    if verified.credential_id != passkey.passkey_id:
        raise EvidenceRefused("the assertion names another passkey")
    if (verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE) != passkey.backup_eligible:
        raise EvidenceRefused("backup eligibility changed: this is not the passkey that was registered")
    return Verified(verified.new_sign_count, client_data, _bytes(response["authenticatorData"]), _bytes(response["signature"]))


def require_strong(public_key: bytes) -> None:
    """
    Refuse a passkey (COSE_Key) whose RSA key is shorter than what a signing key may have; the other algorithms have one size.

    Raises:
        EvidenceRefused: its modulus has fewer than 2048 bits.
    """
    key = decode_credential_public_key(public_key)
    if isinstance(key, DecodedRSAPublicKey) and int.from_bytes(key.n).bit_length() < LEAST_RSA_BITS:
        raise EvidenceRefused("the passkey's RSA key is too short")


def passkey_id_of(assertion: dict[str, Any]) -> bytes:
    """
    Say which passkey an assertion claims to come from.

    Raises:
        EvidenceRefused: it names none, or two.
    """
    passkey_id = _bytes(assertion.get("rawId"))
    if assertion.get("id") != assertion.get("rawId"):
        raise EvidenceRefused("id and rawId differ")
    return passkey_id


def require_same_origin(client_data: bytes) -> None:
    """
    Refuse a ceremony that ran in a frame of another site.

    Raises:
        EvidenceRefused: `crossOrigin` is not false or absent, or `topOrigin` is present.
    """
    try:
        fields = json.loads(client_data)
    except (ValueError, RecursionError):
        raise EvidenceRefused("clientDataJSON is not JSON") from None
    if not isinstance(fields, dict) or fields.get("crossOrigin", False) is not False or "topOrigin" in fields:
        raise EvidenceRefused("the ceremony ran inside another site's page")


def _client_data(credential: dict[str, Any]) -> bytes:
    return _bytes(_response(credential).get("clientDataJSON"))


def _response(credential: dict[str, Any]) -> dict[str, Any]:
    response = credential.get("response")
    if not isinstance(response, dict):
        raise EvidenceRefused("no response")
    return response


def _bytes(value: object) -> bytes:
    if not isinstance(value, str):
        raise EvidenceRefused("a field is missing")
    try:
        return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise EvidenceRefused("a field is not base64url") from None
