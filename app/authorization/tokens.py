"""Which one-time-password tokens a signer may approve with, as the SAM says just now, and what each is asked for a transaction."""

from msgspec import Struct

from app.domain.parties import Credential
from app.errors import SamRefused, SamUnavailable
from app.services import Services
from app.store import parties
from hsm.messages import TokenInfo, TokensReply, ocra_challenge

LAST = 4  # letters of a serial number, for a person to know the token by


class Tokens(Struct, frozen=True):
    """The tokens that may be used with a key now; `locked` after too many wrong tries in a row."""

    usable: tuple[TokenInfo, ...]
    locked: bool

    def get(self, token_id: str | None) -> TokenInfo | None:
        """Give the token of this id, where it is one of them."""
        return next((one for one in self.usable if one.token_id == token_id), None)


async def tokens_for(services: Services, credential: Credential, application_id: str) -> Tokens | None:
    """As `tokens_of`, for a request of an application; None also where its operator wants a passkey only. Raises SamUnavailable."""
    application = await services.database.read(parties.application, application_id)
    if application is not None and application.policy.passkey_only:
        return None
    return await tokens_of(services, credential)


async def tokens_of(services: Services, credential: Credential) -> Tokens | None:
    """List what a key's signer may approve with beside passkeys; None where that is nothing. Raises SamUnavailable."""
    if credential.factors != "passkey_or_otp":
        return None
    try:
        reply = await services.sam.tokens(credential.credential_id)
    except SamRefused as refusal:  # its record does not hold
        raise SamUnavailable(f"tokens: {refusal.code}") from None
    usable = usable_tokens(reply, services.now())
    return Tokens(usable, reply.locked) if usable else None


def usable_tokens(reply: TokensReply, now: float) -> tuple[TokenInfo, ...]:
    """Choose the tokens that are the signer's and within their dates; none where no PIN was set, or the key is used with a passkey only."""
    if not reply.has_pin or reply.factors != "passkey_or_otp":
        return ()
    return tuple(one for one in reply.tokens if one.state == "active" and (one.usable_from or 0) <= now < (one.usable_until or now + 1))


def is_app(token: TokenInfo) -> bool:
    """Tell whether it was made for an authenticator app, and so has no serial number of its own."""
    return token.serial == token.token_id


def ending_of(token: TokenInfo) -> str | None:
    """Give the last letters of its serial number; None for an authenticator app."""
    return None if is_app(token) else token.serial[-LAST:]


def challenge_of(token: TokenInfo, transaction: bytes) -> str | None:
    """Give what an OCRA token is to be asked for a transaction; None where the token's code has nothing to do with it."""
    return ocra_challenge(token.suite, transaction) if token.suite is not None else None
