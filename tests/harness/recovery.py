"""A signer's printed recovery codes, and passkeys that are made with one."""

import secrets
from typing import Any

from demo.passkey import FLAWLESS, Defects, Passkey
from hsm.messages import (
    BeginRecoveryRequest,
    RecoverTransaction,
    Registration,
    SetRecoveryTransaction,
    challenge,
    recovery_code_sha256,
)
from tests.harness.sam import ORIGIN, RP_ID, TestSigner, b64

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_codes(count: int = 4) -> list[str]:
    """Draw codes; nobody looks at their check letters here."""
    return ["".join(secrets.choice(ALPHABET) for _ in range(20)) for _ in range(count)]


def setting(signer: TestSigner, codes: list[str], **changes: Any) -> SetRecoveryTransaction:
    """Compose the amendment that puts these codes in the place of earlier ones; `changes` replace fields."""
    fields = signer.amendment_fields() | {"codes": tuple(map(recovery_code_sha256, codes))}
    return SetRecoveryTransaction(**fields | changes)


def set_codes(signer: TestSigner, count: int = 4) -> list[str]:
    """Give a signer new codes."""
    codes = new_codes(count)
    signer.amend(setting(signer, codes))
    return codes


def with_code(
    holder: TestSigner, code: str, passkey: Passkey | None = None, defects: Defects = FLAWLESS, **changes: Any
) -> BeginRecoveryRequest:
    """Make a passkey with a code, on a new device; `changes` replace fields of what it answers."""
    fields = holder.amendment_fields() | {"code_sha256": recovery_code_sha256(code)}
    return BeginRecoveryRequest(code, made_over(holder, RecoverTransaction(**fields | changes), passkey or Passkey(), defects))


def made_over(signer: TestSigner, transaction: RecoverTransaction, passkey: Passkey, defects: Defects = FLAWLESS) -> Registration:
    raw = transaction.encode()
    options = {
        "rp": {"id": RP_ID, "name": "Natsuin"},
        "user": {"id": b64(signer.user_handle), "name": signer.user_id, "displayName": signer.name},
        "challenge": b64(challenge(RecoverTransaction, raw)),
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
        "authenticatorSelection": {"residentKey": "required", "userVerification": "required"},
    }
    return Registration(raw, passkey.create(options, ORIGIN, defects=defects))
