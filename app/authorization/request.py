"""Step 1: an application asks for a signature; the transaction is composed, and waits for the signer."""

import asyncio
import secrets
from collections.abc import Callable

from msgspec import Struct, structs
from sqlalchemy import Connection

from app.authorization.announce import announce
from app.authorization.prepared import seal
from app.domain.authorization import LONGEST_LIFE_S, Authorization, State, Told
from app.domain.document import Upload
from app.domain.identifiers import new_id
from app.domain.opening import Opening, new_opening
from app.domain.parties import Application, Credential
from app.domain.policy import Policy
from app.domain.preparation import Preparation
from app.domain.pressure import Unwanted
from app.domain.verification_code import new_code
from app.errors import (
    BadParameter,
    CredentialDisabled,
    CredentialUnknown,
    NatsuinError,
    QuotaUsedUp,
    SignerQuiet,
    TokenUnknown,
    TooManyOpen,
    TooManyRefused,
)
from app.services import Services
from app.store import (
    agreements,
    authorizations,
    callbacks,
    credentials,
    documents,
    openings,
    parties,
    preparations,
    pressure,
    quotas,
    repeats,
    subscriptions,
)
from app.webauthn import b64
from hsm.messages import Document, SignTransaction


class Ask(Struct, frozen=True, kw_only=True):
    """
    What an application asks; `labels` has one text for each hash, and may have empty ones. Texts are plain, and in NFC.

    `uploads` has what the signer can open, one or None for each hash; it is empty where nothing was sent. `code` is the verification code,
    where the application was told it before. `preparations` has what was appended to PDFs that `signDoc` will sign. `asked_sha256` is the
    digest of all that was sent.
    """

    credential_id: str
    user_id: str | None
    hash_algorithm: str
    hashes: tuple[bytes, ...]
    labels: tuple[str, ...]
    description: str
    life_s: int
    confidential: bool = False
    return_url: str | None = None
    return_state: str | None = None
    uploads: tuple[Upload | None, ...] = ()
    code: str | None = None
    preparations: tuple[Preparation | None, ...] = ()
    asked_sha256: bytes | None = None


class _Repeated(NatsuinError):
    """The same was recorded a moment ago; nothing is recorded again."""


Also = Callable[[Connection, Authorization], None]
"""What is to be recorded in the same transaction."""


async def request(services: Services, client_id: str, ask: Ask, instead: Also | None = None) -> tuple[Authorization, Opening]:
    """
    Record what an application asks, and how it may be opened; the same words within 15 seconds get the same request, while it waits.

    The application is called back under the handle; `instead` records what takes the place of that.

    Raises:
        TokenUnknown: the application is gone, and with it the right to ask.
        BadParameter: it is not to lead back there, or is to wait longer than this application may have it.
        TooManyRefused: the signer has refused this application too often lately.
        QuotaUsedUp: the application has asked as often as it may.
        SignerQuiet: the signer wants no requests for now.
        CredentialUnknown: also where the signer did not agree to this application.
        CredentialUnknown, CredentialDisabled, TooManyOpen: as `request_for`.
    """
    now = services.now()
    if (repeated := await _same(services, client_id, ask)) is not None:
        return repeated
    application, credential, has_device, unwanted = await services.database.read(_parties, client_id, ask.credential_id, now)
    require_usable(credential, ask.user_id, now)
    ask = within_policy(application.policy, ask, services.config.authorization_life_s)
    if ask.life_s > LONGEST_LIFE_S and not application.inbox:
        raise BadParameter("Invalid parameter requestedExpiry")
    opening = new_opening(
        now,
        code_needed=application.moving_code,
        confidential=ask.confidential,
        return_url=return_address(application, ask),
        asked_sha256=ask.asked_sha256,
    )
    if wait_s := unwanted.wait_s(services.config.refuse_after, now):
        raise TooManyRefused(wait_s)
    if wait_s := await services.database.read(quotas.wait_s, client_id, application.policy, now):
        raise QuotaUsedUp(wait_s)
    is_quiet = unwanted.count >= services.config.quiet_after
    told = Told.INBOX if is_quiet and has_device else _told(has_device)

    def also(connection: Connection, authorization: Authorization) -> None:
        _require_wanted(now, connection, authorization)
        if not agreements.has_agreed(connection, authorization.user_id, client_id):  # ended since we looked
            raise CredentialUnknown
        _require_new(ask, connection, authorization)
        if wait_s := quotas.wait_s(connection, client_id, application.policy, now, but=authorization.id):  # used up since we looked
            raise QuotaUsedUp(wait_s)
        openings.add(connection, authorization.id, opening)
        preparations.add(connection, authorization.id, seal(services.document_key, authorization.id, ask.preparations))
        if instead is not None:
            instead(connection, authorization)
        elif application.callback_url is not None:
            callbacks.add(connection, authorization, {"handle": authorization.id})

    try:
        return await _record(services, application, credential, told, ask, also), opening
    except (_Repeated, TooManyOpen):  # its twin, which came at the same moment, may have taken the last place
        if (repeated := await _same(services, client_id, ask)) is None:
            raise
        return repeated


async def _same(services: Services, client_id: str, ask: Ask) -> tuple[Authorization, Opening] | None:
    """Give the open request that was asked in the same words just now, by the same application."""
    if ask.asked_sha256 is None:
        return None
    return await services.database.read(_read_same, client_id, ask, ask.asked_sha256, services.now())


def _read_same(connection: Connection, client_id: str, ask: Ask, asked_sha256: bytes, now: float) -> tuple[Authorization, Opening] | None:
    which = repeats.same(connection, client_id, asked_sha256, now)
    if which is None:
        return None
    authorization, opening = authorizations.get(connection, which), openings.of(connection, which)
    if authorization is None or opening is None or ask.user_id not in (None, authorization.user_id):
        return None
    return authorization, opening


def within_policy(policy: Policy, ask: Ask, usual_life_s: int) -> Ask:
    """Give what is asked with the life that this application may have; raises BadParameter where it asks for more than it may."""
    if policy.most_documents is not None and len(ask.hashes) > policy.most_documents:
        raise BadParameter("Numbers of signatures is too high")
    if policy.longest_life_s is None or ask.life_s <= policy.longest_life_s:
        return ask
    if ask.life_s != usual_life_s:
        raise BadParameter("Invalid parameter requestedExpiry")
    return structs.replace(ask, life_s=policy.longest_life_s)


def return_address(application: Application, ask: Ask) -> str | None:
    """Give the page that the signer may go back to on the same device; raises BadParameter where it is not exactly a registered one."""
    if ask.return_url is None:
        return None
    if ask.return_url not in application.return_urls:
        raise BadParameter("Invalid parameter return_url")
    return ask.return_url if ask.return_state is None else f"{ask.return_url}?state={ask.return_state}"


async def request_for(
    services: Services, application: Application, ask: Ask, also: Also | None = None, *, is_here: bool = False
) -> Authorization:
    """
    Record what is asked; from here on it can only be approved or refused as it stands. No push goes to a signer who `is_here`.

    Raises:
        CredentialUnknown, CredentialDisabled: the key is not there, is another signer's, or can't sign.
        TooManyOpen: the signer has enough to decide already.
    """
    credential, has_device = await services.database.read(_key, ask.credential_id)
    require_usable(credential, ask.user_id, services.now())
    return await _record(services, application, credential, Told.INBOX if is_here else _told(has_device), ask, also)


async def _record(
    services: Services, application: Application, credential: Credential, told: Told | None, ask: Ask, also: Also | None
) -> Authorization:
    now = services.now()
    transaction = compose(application, credential, ask, int(now))
    authorization = Authorization(
        id=transaction.id,
        application_id=application.client_id,
        user_id=credential.user_id,
        credential_id=credential.credential_id,
        transaction=transaction.encode(),
        state=State.PENDING,
        reason=None,
        code=(ask.code or new_code()) if application.asks_code else None,
        code_tries=0,
        created=transaction.created,
        expires=transaction.expires,
        decided_at=None,
        usable_until=None,
        told=told,
    )
    sealed = await asyncio.to_thread(_seal, services, authorization.id, ask.uploads)
    most = services.config.inbox_per_signer if authorization.is_lasting else services.config.open_per_signer
    if not await services.database.write(_add, authorization, sealed, most, also):
        raise TooManyOpen(await services.database.read(_first_end_s, authorization, now))
    await announce(services, authorization)
    return authorization


def require_usable(credential: Credential, user_id: str | None, now: float) -> None:
    """Refuse a credential that is not this signer's, or can't sign now."""
    if user_id not in (None, credential.user_id):
        raise CredentialUnknown
    if not credential.is_usable(now):
        raise CredentialDisabled


def compose(application: Application, credential: Credential, ask: Ask, now: int) -> SignTransaction:
    """Put together the one set of bytes that the signer is shown and the passkey signs."""
    return SignTransaction(
        version=1,
        id=new_id(),
        nonce=b64(secrets.token_bytes(32)),
        signer=credential.user_id,
        credential_id=credential.credential_id,
        certificate_sha256=credential.certificate_sha256,
        application_id=application.client_id,
        application_name=application.name,
        hash_algorithm=ask.hash_algorithm,
        documents=tuple(
            Document(label, digest, upload.content if upload is not None else None)
            for label, digest, upload in zip(ask.labels, ask.hashes, ask.uploads or (None,) * len(ask.hashes), strict=True)
        ),
        description=ask.description,
        created=now,
        expires=now + ask.life_s,
    )


def _seal(services: Services, authorization_id: str, uploads: tuple[Upload | None, ...]) -> dict[int, bytes]:
    given = {position: one.file for position, one in enumerate(uploads) if one is not None}
    return {position: services.document_key.seal(authorization_id, position, file) for position, file in given.items()}


def _add(connection: Connection, authorization: Authorization, sealed: dict[int, bytes], most_open: int, also: Also | None) -> bool:
    added = authorizations.add_if_room(connection, authorization, most_open)
    if added:
        documents.add(connection, authorization.id, sealed)
    if added and also is not None:
        also(connection, authorization)
    return added


def _require_wanted(now: float, connection: Connection, authorization: Authorization) -> None:
    """In the transaction that records the authorization: nothing is recorded once the signer has said that nothing may come."""
    left_s = pressure.quiet_until(connection, authorization.user_id) - int(now)
    if left_s > 0:
        raise SignerQuiet(left_s)


def _require_new(ask: Ask, connection: Connection, authorization: Authorization) -> None:
    """In the same transaction: of two that come at once in the same words one is recorded."""
    if ask.asked_sha256 is None:
        return
    repeats.keep_others_out(connection, authorization.user_id)
    if repeats.same(connection, authorization.application_id, ask.asked_sha256, authorization.created, but=authorization.id) is not None:
        raise _Repeated


def _told(has_device: bool) -> Told | None:
    return None if has_device else Told.NO_DEVICE


def _parties(connection: Connection, client_id: str, credential_id: str, now: float) -> tuple[Application, Credential, bool, Unwanted]:
    application = parties.application(connection, client_id)
    if application is None:
        raise TokenUnknown
    credential, has_device = _key(connection, credential_id)
    if not agreements.has_agreed(connection, credential.user_id, client_id):
        raise CredentialUnknown
    return application, credential, has_device, pressure.unwanted(connection, credential.user_id, client_id, now)


def _key(connection: Connection, credential_id: str) -> tuple[Credential, bool]:
    """Give the key, and whether its signer has a device that takes pushes."""
    credential = credentials.get(connection, credential_id)
    if credential is None:
        raise CredentialUnknown
    return credential, subscriptions.takes_pushes(connection, credential.user_id)


def _first_end_s(connection: Connection, refused: Authorization, now: float) -> int:
    """Seconds until the first of those ends that a signer has open instead."""
    waiting = authorizations.waiting_for(connection, refused.user_id, now)
    return max(1, min((one.expires - int(now) for one in waiting if one.is_lasting is refused.is_lasting), default=1))
