"""
Freezing: a key signs nothing for a time that was chosen. It grants nothing, so it needs no passkey; ending it early does.

It is recorded before the SAM is told, so that it is not forgotten where the SAM does not answer; `app.account.settle` tells it then.
"""

import logging

from sqlalchemy import Connection

from app.domain.account import Event, EventKind
from app.domain.identifiers import new_id
from app.domain.parties import Credential
from app.errors import CredentialDisabled, SamRefused, SamUnavailable, Unavailable
from app.services import Services
from app.store import credentials, events
from hsm.messages import FOR_EVER, FreezeRequest, FrozenBy

NOT_ME_WITHIN_S = 86_400  # two refusals as "not me" within this time freeze the key
log = logging.getLogger("natsuin.freeze")


async def freeze(services: Services, user_id: str, until: int, by_device: str | None) -> list[Credential]:
    """
    Freeze every key that a signer has, until then (unix seconds; FOR_EVER: until the signer says otherwise); never for shorter than before.

    Raises:
        CredentialDisabled: there is no key that could be frozen.
        SamUnavailable: recorded, but the SAM has not confirmed it yet; it is told again until it does.
    """
    held = [one for one in await services.database.read(credentials.of_signer, user_id) if one.state == "enabled"]
    if not held:
        raise CredentialDisabled
    for credential in held:
        await freeze_key(services, credential, until, "signer", by_device)
    return await services.database.read(credentials.of_signer, user_id)


async def freeze_key(services: Services, credential: Credential, until: int, by: FrozenBy, by_device: str | None = None) -> Credential:
    """Freeze one key; raises SamUnavailable where the SAM has not confirmed it yet."""
    await services.database.write(_record, credential, until, by, by_device, int(services.now()))
    return await tell_sam(services, credential.credential_id)


async def tell_sam(services: Services, credential_id: str) -> Credential:
    """Have the SAM do what is owed to a key, and give the key as it is then; raises SamUnavailable."""
    credential = await services.database.read(credentials.get, credential_id)
    assert credential is not None
    if not credential.freeze_owed or credential.state != "enabled":
        return credential
    assert credential.frozen_by is not None  # it is written with what is owed
    request = FreezeRequest(credential_id, credential.frozen_until, credential.frozen_by)
    try:
        reply = await services.sam.freeze(request)
    except SamRefused as refusal:
        state = (await services.sam.credential(credential_id)).state
        if state != "destroyed":
            raise SamUnavailable(f"freeze: {refusal.code}") from None
        await services.database.write(credentials.destroy, credential_id)
    else:
        await services.database.write(credentials.confirm_freeze, credential_id, reply.frozen_until)
    current = await services.database.read(credentials.get, credential_id)
    assert current is not None
    return current


def count_not_me(connection: Connection, user_id: str, credential_id: str, now: int) -> None:
    """Count a refusal as "not me" where it is recorded; the second in a day freezes the key until its signer says otherwise."""
    if credentials.count_not_me(connection, credential_id, now, NOT_ME_WITHIN_S):
        events.add(connection, _event(user_id, credential_id, FOR_EVER, "not_me", None, now))


async def tell_sam_soon(services: Services, credential_id: str) -> None:
    """Tell the SAM what is owed, if it answers now; else it is told within seconds after it does."""
    try:
        await tell_sam(services, credential_id)
    except Unavailable as doubt:
        log.warning("%s is to be frozen, which the SAM does not know yet: %s", credential_id, doubt)


def _record(connection: Connection, credential: Credential, until: int, by: FrozenBy, by_device: str | None, now: int) -> None:
    if credentials.freeze(connection, credential.credential_id, until, by):
        events.add(connection, _event(credential.user_id, credential.credential_id, until, by, by_device, now))


def _event(user_id: str, credential_id: str, until: int, cause: str, by_device: str | None, now: int) -> Event:
    return Event(
        id=new_id(),
        user_id=user_id,
        at=now,
        kind=EventKind.KEY_FROZEN,
        credential_id=credential_id,
        by_device=by_device,
        cause=cause,
        until=until,
    )
