"""An authorization and the states that it goes through (design of the flow: docs/flow.md)."""

from enum import StrEnum
from typing import Literal

from msgspec import Struct

from hsm.messages import Factor

Progress = Literal["waiting", "delivered", "opened", "no_device", "inbox"]

LONGEST_LIFE_S = 600  # of what is asked of somebody who is there; what lives longer waits in the inbox


class State(StrEnum):
    """Where an authorization stands. All but the first two are ends."""

    PENDING = "pending"
    APPROVED = "approved"
    SIGNED = "signed"
    REFUSED = "refused"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"  # approved, SAD never used
    UNKNOWN = "unknown"  # the approval is spent, and whether a signature was made can't be known


# Which moves are possible; the SAM, which decided first, may be ahead of us by several.
MOVES: dict[State, frozenset[State]] = {
    State.PENDING: frozenset(State) - {State.PENDING},
    State.APPROVED: frozenset({State.SIGNED, State.LAPSED, State.UNKNOWN}),
}


class Reason(StrEnum):
    """Why an authorization was refused."""

    DECLINED = "declined"
    NOT_ME = "not_me"
    WRONG_DOCUMENT = "wrong_document"
    WRONG_CODE = "wrong_code"


class Told(StrEnum):
    """What became of telling the signer's devices; None while that is under way."""

    PUSHED = "pushed"
    INBOX = "inbox"  # enough pushes went to this signer for now: it waits on the start page
    NO_DEVICE = "no_device"  # there is none that takes pushes, or none could be reached


class Authorization(Struct, frozen=True, kw_only=True):
    """
    What an application asked of a signer; `transaction` is the one set of bytes that all sides work with.

    `factor` is what it was approved with, passkey or otp; `approved_with` the device's name at that time, or the end of the token's serial;
    where it was refused, the name of the device on which. `later_at` is when its signer put it off.
    """

    id: str
    application_id: str
    user_id: str
    credential_id: str
    transaction: bytes
    state: State
    reason: str | None
    code: str | None
    code_tries: int
    created: int
    expires: int
    decided_at: int | None
    usable_until: int | None
    approved_with: str | None = None
    factor: Factor | None = None
    told: Told | None = None
    told_at: int | None = None
    delivered_at: int | None = None
    opened_at: int | None = None
    later_at: int | None = None

    @property
    def is_lasting(self) -> bool:
        """Whether it may wait for days, in the inbox."""
        return self.expires - self.created > LONGEST_LIFE_S

    @property
    def progress(self) -> Progress:
        """How far the request has come to its signer, for the application: waiting, inbox, no_device, delivered or opened."""
        if self.opened_at is not None:
            return "opened"
        if self.delivered_at is not None:
            return "delivered"
        if self.told is Told.INBOX:
            return "inbox"
        return "no_device" if self.told is Told.NO_DEVICE else "waiting"

    def is_over(self, now: float) -> bool:
        """Tell whether its time ran out while it waited, or while its approval waited to be used."""
        if self.state is State.PENDING:
            return now >= self.expires
        return self.state is State.APPROVED and self.usable_until is not None and now >= self.usable_until
