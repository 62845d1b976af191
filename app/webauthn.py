"""
WebAuthn as this side needs it: options for the browser, and the check of a sign-in.

Registrations and approvals are decided by the SAM alone; a sign-in only lets a signer look and refuse.
"""

import base64
import json
import secrets
from typing import Any

from webauthn import verify_authentication_response
from webauthn.helpers.structs import CredentialDeviceType

from app.domain.parties import Passkey, Signer
from app.errors import SignInRefused

TIMEOUT_MS = 300_000  # WebAuthn L3 §15.1: 5 to 10 minutes where the user is verified
ALGORITHMS = (-7, -8, -257)  # ES256, EdDSA, RS256


def creation_options(
    rp_id: str,
    rp_name: str,
    signer: Signer,
    challenge: bytes,
    existing: list[Passkey],
    hints: tuple[str, ...] = ("client-device",),
    *,
    attested: bool,
) -> dict[str, Any]:
    """Make PublicKeyCredentialCreationOptionsJSON (WebAuthn L3 §5.1.8); `attested` where the SAM wants to know the passkey's model."""
    return {
        "rp": {"id": rp_id, "name": rp_name},
        "user": {"id": b64(signer.user_handle), "name": signer.user_id, "displayName": signer.name},
        "challenge": b64(challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": algorithm} for algorithm in ALGORITHMS],
        "timeout": TIMEOUT_MS,
        "excludeCredentials": [{"type": "public-key", "id": b64(passkey.passkey_id)} for passkey in existing],
        "authenticatorSelection": {"residentKey": "required", "requireResidentKey": True, "userVerification": "required"},
        "hints": list(hints),
        "attestation": "direct" if attested else "none",
        "extensions": {},
    }


def request_options(rp_id: str, challenge: bytes, allowed: list[Passkey]) -> dict[str, Any]:
    """Make PublicKeyCredentialRequestOptionsJSON (WebAuthn L3 §5.1.8); none allowed by name means a discoverable passkey."""
    return {
        "challenge": b64(challenge),
        "timeout": TIMEOUT_MS,
        "rpId": rp_id,
        "allowCredentials": [{"type": "public-key", "id": b64(passkey.passkey_id)} for passkey in allowed],
        "userVerification": "required",
        "extensions": {},
    }


def new_challenge() -> bytes:
    return secrets.token_bytes(32)


def passkey_id_of(assertion: dict[str, Any]) -> bytes:
    """Say which passkey an assertion claims to come from; raises SignInRefused."""
    try:
        return unb64(assertion["id"])
    except (KeyError, ValueError, TypeError, AttributeError):
        raise SignInRefused("no passkey named") from None


def verify_sign_in(assertion: dict[str, Any], *, challenge: bytes, rp_id: str, origin: str, passkey: Passkey, user_handle: bytes) -> int:
    """
    Check a sign-in (WebAuthn L3 §7.2), and give the passkey's new counter.

    Raises:
        SignInRefused: whatever is wrong with it.
    """
    try:
        client_data = json.loads(unb64(assertion["response"]["clientDataJSON"]))
        if client_data.get("crossOrigin", False) is not False or "topOrigin" in client_data:
            raise SignInRefused("in another site's page")
        if unb64(assertion["response"]["userHandle"]) != user_handle:
            raise SignInRefused("another signer's")
        verified = verify_authentication_response(
            credential=assertion,
            expected_challenge=challenge,
            expected_rp_id=rp_id,
            expected_origin=origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
        if (verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE) != passkey.backup_eligible:
            raise SignInRefused("backup eligibility changed")
    except SignInRefused:
        raise
    # Hostile input makes the library and its parsers raise almost anything; every one of them is a refusal.
    except Exception as error:
        raise SignInRefused(type(error).__name__) from error
    return verified.new_sign_count


def b64(data: bytes) -> str:
    """Encode as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Decode base64url without padding; raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
