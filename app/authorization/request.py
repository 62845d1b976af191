"""Step 1: an application asks for a signature; the transaction is composed, and waits for the signer."""

import asyncio
import secrets
from collections.abc import Callable

from msgspec import Struct
from sqlalchemy import Connection

from app.authorization.announce import announce
from app.domain.authorization import LONGEST_LIFE_S, Authorization, State, Told
from app.domain.document import Upload
from app.domain.identifiers import new_id
from app.domain.opening import Opening, new_opening
from app.domain.parties import Application, Credential
from app.domain.pressure import Unwanted
from app.errors import BadParameter, CredentialDisabled, CredentialUnknown, SignerQuiet, TokenUnknown, TooManyOpen, TooManyRefused
from app.services import Services
from app.store import authorizations, credentials, documents, openings, parties, pressure, subscriptions
from app.webauthn import b64
from hsm.messages import Document, SignTransaction

CODE_DIGITS = 2  # on an enrolled phone; the passkey is the factor, the code binds the two screens


class Ask(Struct, frozen=True, kw_only=True):
    """
    What an application asks; `labels` has one text for each hash, and may have empty ones. Texts are plain, and in NFC.

    `uploads` has what the signer can open, one or None for each hash; it is empty where nothing was sent.
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


Also = Callable[[Connection, Authorization], None]
"""What is to be recorded in the same transaction."""


async def request(services: Services, client_id: str, ask: Ask, beside: Also | None = None) -> tuple[Authorization, Opening]:
    """
    Record what an application asks, how it may be opened, and what else belongs to it.

    Raises:
        TokenUnknown: the application is gone, and with it the right to ask.
        BadParameter: it is not to lead back there, or is to wait longer than this application may have it.
        TooManyRefused: the signer has refused this application too often lately.
        SignerQuiet: the signer wants no requests for now.
        CredentialUnknown, CredentialDisabled, TooManyOpen: as `request_for`.
    """
    now = services.now()
    application, credential, has_device, unwanted = await services.database.read(_parties, client_id, ask.credential_id, now)
    require_usable(credential, ask.user_id, now)
    if ask.life_s > LONGEST_LIFE_S and not application.inbox:
        raise BadParameter("Invalid parameter requestedExpiry")
    opening = new_opening(
        now,
        code_needed=application.moving_code,
        confidential=ask.confidential,
        return_url=return_address(application, ask),
    )
    if wait_s := unwanted.wait_s(services.config.refuse_after, now):
        raise TooManyRefused(wait_s)
    is_quiet = unwanted.count >= services.config.quiet_after
    told = Told.INBOX if is_quiet and has_device else _told(has_device)

    def also(connection: Connection, authorization: Authorization) -> None:
        _require_wanted(now, connection, authorization)
        openings.add(connection, authorization.id, opening)
        if beside is not None:
            beside(connection, authorization)

    return await _record(services, application, credential, told, ask, also), opening


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
        code=f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}" if application.asks_code else None,
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


def _told(has_device: bool) -> Told | None:
    return None if has_device else Told.NO_DEVICE


def _parties(connection: Connection, client_id: str, credential_id: str, now: float) -> tuple[Application, Credential, bool, Unwanted]:
    application = parties.application(connection, client_id)
    if application is None:
        raise TokenUnknown
    credential, has_device = _key(connection, credential_id)
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
