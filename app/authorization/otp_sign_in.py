"""
Before step 3, where the phone is broken or empty: PIN and one-time password say who opened the link of a request that waits.

The link tells whose request it is, and the SAM whether they are right; it counts every try. Nothing about the signer is told before. What
comes of it is a short session, in which requests for keys of the one enrolment may be looked at, approved in the same way, and refused.
"""

import secrets

from msgspec import Struct
from sqlalchemy import Connection

from app.authorization.tokens import Tokens, tokens_of
from app.domain.account import Event, EventKind
from app.domain.authorization import Authorization, State
from app.domain.identifiers import new_id
from app.domain.parties import Credential
from app.errors import AuthorizationUnknown, OtpClosed, OtpLocked, OtpRefused, SamRefused, SamUnavailable, SignInOver, SignInRefused
from app.services import Services
from app.store import authorizations, credentials, events
from app.store.redis import Session
from app.webauthn import b64
from hsm.messages import (
    MAX_SIGN_IN_LIFE_S,
    ErrorCode,
    Otp,
    Outcome,
    SignInRequest,
    SignInTransaction,
    TokenInfo,
    parse_transaction,
)

SESSION_LIFE_S = 900
ASKED_FOR_S = MAX_SIGN_IN_LIFE_S - 120  # after that there is too little time left for whoever opens the page


class SignInOffer(Struct, frozen=True):
    """What may be signed in with: tokens, known by their place in this list, and the transaction that the SAM will be shown."""

    id: str
    authorization_id: str
    transaction: bytes
    tokens: Tokens


class _Waiting(Struct, frozen=True):
    """A request that waits, and its key."""

    authorization: Authorization
    credential: Credential


async def offer_sign_in(services: Services, authorization_id: str) -> SignInOffer | None:
    """
    Say whether the link of an authorization may be opened with PIN and one-time password, and begin.

    Raises:
        SamUnavailable, RedisUnavailable: it can't be said now.
    """
    waiting = await services.database.read(_waiting, authorization_id, services.now())
    tokens = await tokens_of(services, waiting.credential) if waiting is not None else None
    if waiting is None or tokens is None:
        return None
    # Everyone with the link is asked the same, so that their wrong tries are counted together.
    raw = await services.ephemeral.begin_sign_in(authorization_id, _compose(waiting.credential, int(services.now())), ASKED_FOR_S)
    return SignInOffer(parse_transaction(raw, SignInTransaction).id, authorization_id, raw, tokens)


async def sign_in_with_otp(services: Services, authorization_id: str, asked: str, place: int, pin: str, code: str) -> Session:
    """
    Let in whoever has PIN and one-time password of the signer whose request it is.

    `asked` is the offer's id, `place` the token's in its list.

    Raises:
        AuthorizationUnknown: nothing of the kind waits, or it may not be opened in this way.
        SignInOver: the offer is over, or was used; there is a new one.
        OtpRefused: PIN or code is wrong; no difference is made.
        OtpClosed, OtpLocked: they were wrong five times for this link, or ten times in a row.
        SamUnavailable: whether the SAM took it is not known; the code may be used up.
    """
    waiting = await services.database.read(_waiting, authorization_id, services.now())
    tokens = await tokens_of(services, waiting.credential) if waiting is not None else None
    if waiting is None or tokens is None or not 0 <= place < len(tokens.usable):
        raise AuthorizationUnknown
    raw = await services.ephemeral.asked_sign_in(authorization_id)
    transaction = parse_transaction(raw, SignInTransaction) if raw is not None else None
    if raw is None or transaction is None or transaction.id != asked:
        raise SignInOver
    token = tokens.usable[place]
    try:
        await services.sam.sign_in(SignInRequest(raw, Otp(token.token_id, pin, code)))
    except SamRefused as refusal:
        raise await _refused(services, authorization_id, transaction, refusal) from None
    await services.ephemeral.end_sign_in(authorization_id)
    await services.database.write(_tell, transaction, int(services.now()))
    return Session(waiting.credential.user_id, token_id=token.token_id, credential_id=waiting.credential.credential_id)


async def token_of(services: Services, session: Session) -> tuple[Credential, TokenInfo] | None:
    """Give the key and the token of a session that was begun so; None where the token is the signer's no more."""
    credential = await services.database.read(credentials.get, session.credential_id or "")
    tokens = await tokens_of(services, credential) if credential is not None else None
    token = tokens.get(session.token_id) if tokens is not None else None
    return (credential, token) if credential is not None and token is not None else None


def _compose(credential: Credential, now: int) -> bytes:
    return SignInTransaction(
        version=1,
        id=new_id(),
        nonce=b64(secrets.token_bytes(32)),
        signer=credential.user_id,
        created=now,
        expires=now + MAX_SIGN_IN_LIFE_S,
        enrollment_id=credential.enrollment_id,
        credential_id=credential.credential_id,
    ).encode()


async def _refused(services: Services, authorization_id: str, transaction: SignInTransaction, refusal: SamRefused) -> Exception:
    """Give the error that the SAM's refusal comes to; what was decided, other than by too many tries, is asked anew."""
    if refusal.code is ErrorCode.EVIDENCE_REFUSED and refusal.tries_left:
        return OtpRefused(refusal.tries_left)
    if refusal.code is ErrorCode.EVIDENCE_REFUSED and refusal.tries_left is None:
        return SignInRefused("no token for this")
    if refusal.code in (ErrorCode.EVIDENCE_REFUSED, ErrorCode.NOT_NEW):
        if await _outcome(services, transaction) is Outcome.REFUSED:
            return OtpClosed()
        if refusal.code is ErrorCode.EVIDENCE_REFUSED:
            return OtpLocked()
    if refusal.code in (ErrorCode.NOT_NEW, ErrorCode.EXPIRED):
        await services.ephemeral.end_sign_in(authorization_id)
        return SignInOver()
    return AuthorizationUnknown() if refusal.code is not ErrorCode.MALFORMED else SignInRefused("not even the form of it")


async def _outcome(services: Services, transaction: SignInTransaction) -> Outcome:
    try:
        return (await services.sam.status(transaction.id)).outcome
    except SamRefused as refusal:  # its record does not hold
        raise SamUnavailable(f"status: {refusal.code}") from None


def _waiting(connection: Connection, authorization_id: str, now: float) -> _Waiting | None:
    authorization = authorizations.get(connection, authorization_id)
    if authorization is None or authorization.state is not State.PENDING or authorization.is_over(now):
        return None
    credential = credentials.get(connection, authorization.credential_id)
    return _Waiting(authorization, credential) if credential is not None else None


def _tell(connection: Connection, transaction: SignInTransaction, now: int) -> None:
    """Every device of the signer tells it: whoever has PIN and token is not always she."""
    event = Event(
        id=transaction.id, user_id=transaction.signer, at=now, kind=EventKind.OTP_SIGN_IN, credential_id=transaction.credential_id
    )
    events.add(connection, event)
