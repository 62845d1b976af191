"""
PIN and one-time password: how they stand at the SAM, a token for an authenticator app, and the changes that wait for a passkey.

All of it is about the enrolment of the device that asks. The SAM is asked each time; no PIN, code or seed is kept here.
"""

import re

from msgspec import Struct
from sqlalchemy import Connection

from app.account.propose import Proposal, common_fields, keep, proposal_of
from app.domain.parties import Credential, Passkey
from app.errors import ChangeOver, SamRefused, SamUnavailable, SubjectUnknown
from app.services import Services
from app.store import credentials
from hsm.messages import (
    Amendment,
    ChangePinTransaction,
    OfferTokenReply,
    RemoveOtpTransaction,
    ResynchroniseOtpTransaction,
    SetOtpTransaction,
    TokenInfo,
    UnlockOtpTransaction,
)

ID = re.compile(r"[A-Za-z0-9_-]{22}\Z")


class OtpStanding(Struct, frozen=True):
    """
    How PIN and one-time password stand for one enrolment.

    `offered` is a token whose seed was shown to an app, and that no code has confirmed yet. `locked`: after too many wrong tries.
    """

    credential_id: str
    tokens: tuple[TokenInfo, ...]
    offered: TokenInfo | None
    has_pin: bool
    locked: bool

    @property
    def is_set_up(self) -> bool:
        return self.has_pin and bool(self.tokens)

    def token(self, token_id: str) -> TokenInfo:
        """Give one of the tokens that are set up; raises SubjectUnknown."""
        found = [one for one in self.tokens if one.token_id == token_id]
        if not found:
            raise SubjectUnknown
        return found[0]


async def otp_standing(services: Services, device: Passkey) -> OtpStanding | None:
    """Ask how they stand; None where the key is used with a passkey only, or there is no key. Raises SamUnavailable."""
    credential = await services.database.read(_key_of, device)
    if credential is None:
        return None
    try:
        reply = await services.sam.tokens(credential.credential_id)
    except SamRefused as refusal:  # its record does not hold
        raise SamUnavailable(f"tokens: {refusal.code}") from None
    if reply.factors != "passkey_or_otp":
        return None
    active = tuple(one for one in reply.tokens if one.state == "active")
    offered = next((one for one in reply.tokens if one.state == "offered"), None)
    return OtpStanding(credential.credential_id, active, offered, reply.has_pin, reply.locked)


async def required_standing(services: Services, device: Passkey) -> OtpStanding:
    """Ask how they stand; raises SubjectUnknown where the key's policy does not allow them, SamUnavailable."""
    standing = await otp_standing(services, device)
    if standing is None:
        raise SubjectUnknown
    return standing


async def offer(services: Services, device: Passkey) -> OfferTokenReply:
    """Have a token made for an authenticator app; an earlier one that no code has confirmed is withdrawn. It grants nothing."""
    standing = await required_standing(services, device)
    try:
        return await services.sam.offer_token(standing.credential_id)
    except SamRefused:  # destroyed since
        raise SubjectUnknown from None


async def propose_otp(services: Services, device: Passkey, kind: str, token_id: str) -> Proposal:
    """
    Compose a change of this kind; `token_id` does not matter where PIN and codes are unlocked, or the PIN is changed.

    Whether a token is to be had, the SAM says.

    Raises:
        SubjectUnknown: the key's policy does not allow it, there is no such token, or no PIN to change.
        ChangeOver: nothing is locked.
        TooManyOpen: the signer has enough of them waiting.
    """
    standing = await required_standing(services, device)
    common = common_fields(device.user_id, device.enrollment_id, int(services.now()))
    amendment: Amendment
    match kind:
        case "set_otp":
            if not ID.match(token_id):
                raise SubjectUnknown
            amendment = SetOtpTransaction(**common, token_id=token_id)
        case "remove_otp":
            amendment = RemoveOtpTransaction(**common, token_id=standing.token(token_id).token_id)
        case "resynchronise_otp":
            amendment = ResynchroniseOtpTransaction(**common, token_id=standing.token(token_id).token_id)
        case "unlock_otp":
            if not standing.locked:
                raise ChangeOver
            amendment = UnlockOtpTransaction(**common)
        case "change_pin":
            if not standing.is_set_up:
                raise SubjectUnknown
            amendment = ChangePinTransaction(**common)
        case other:
            raise ValueError(other)
    return await keep(services, await services.database.read(proposal_of, amendment))


OTP_KINDS = ("set_otp", "remove_otp", "resynchronise_otp", "unlock_otp", "change_pin")


def _key_of(connection: Connection, device: Passkey) -> Credential | None:
    held = [one for one in credentials.of_signer(connection, device.user_id) if one.enrollment_id == device.enrollment_id]
    return next((one for one in reversed(held) if one.state == "enabled"), None)
