"""
A new enrolment in the place of everything that a person had: what follows here when the SAM has destroyed the old keys; and its stop.

The operator announces it at the SAM (`natsuin signer add --replaces`), which destroys; nothing is decided here but to stop a letter.
"""

from sqlalchemy import Connection

from app.domain.account import Event, EventKind
from app.domain.identifiers import new_id
from app.domain.parties import Credential
from app.errors import SubjectUnknown
from app.services import Services
from app.store import credentials, events, links, parties


async def destroyed_keys(services: Services, user_id: str) -> list[Credential]:
    """List the keys of a signer that the SAM has destroyed, and we do not know of yet; raises SamUnavailable, SamRefused."""
    held = [one for one in await services.database.read(credentials.of_signer, user_id) if one.state != "destroyed"]
    return [one for one in held if (await services.sam.credential(one.credential_id)).state == "destroyed"]


def record_replaced(connection: Connection, replaced: list[Credential], now: int) -> None:
    """Record that these keys are no more, and that the devices which approved for them are nobody's: they are signed out at once."""
    for credential in replaced:
        credentials.destroy(connection, credential.credential_id)
        for passkey in parties.passkeys_for(connection, credential.enrollment_id):
            parties.remove_passkey(connection, passkey.passkey_id)
        events.add(connection, _event(credential.user_id, now, EventKind.KEY_REPLACED, credential_id=credential.credential_id))


def begin(connection: Connection, user_id: str, now: int) -> None:
    """Tell the signer, on every device that there still is, that a replacement has begun."""
    events.add(connection, _event(user_id, now, EventKind.REPLACEMENT_BEGUN))


async def stop(services: Services, user_id: str, by_device: str) -> None:
    """Let the letter open nothing; raises SubjectUnknown where there is none, or somebody has begun with it: then only a pause helps."""
    if not await services.database.write(_stop, user_id, by_device, int(services.now())):
        raise SubjectUnknown


def _stop(connection: Connection, user_id: str, by_device: str, now: int) -> bool:
    waiting = [one for one in links.replacements_of(connection, user_id, now) if one.state == "open"]
    stopped = [one for one in waiting if links.advance_link(connection, one, "done")]
    if stopped:
        events.add(connection, _event(user_id, now, EventKind.REPLACEMENT_STOPPED, by_device=by_device))
    return bool(stopped)


def _event(user_id: str, now: int, kind: EventKind, *, credential_id: str | None = None, by_device: str | None = None) -> Event:
    return Event(id=new_id(), user_id=user_id, at=now, kind=kind, credential_id=credential_id, by_device=by_device)
