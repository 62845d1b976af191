"""
Signing in with PIN and one-time password, where no passkey is at hand: the transaction, and the request that proves it.

It grants nothing at the SAM. The answer says that whoever typed them is this signer, and no more; what that opens is decided elsewhere.
"""

from typing import ClassVar

from msgspec import Struct

from hsm.messages.otp import Otp
from hsm.messages.transactions import Transaction
from hsm.messages.types import Id

MAX_SIGN_IN_LIFE_S = 600


class SignInTransaction(Transaction, frozen=True, tag="sign_in"):
    """One sign-in of the signer whom an enrolment is for, with a token of it; `credential_id` is a key that may be used with one."""

    domain: ClassVar[bytes] = b"natsuin/v1/sign-in\x00"

    enrollment_id: Id
    credential_id: Id

    def texts(self) -> tuple[str, ...]:
        return ()


class SignInRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The signer's proof over a SignInTransaction."""

    transaction: bytes
    otp: Otp
