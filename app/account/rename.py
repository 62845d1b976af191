"""Calling a device something else: a name in our own records only, so it needs no passkey; it is told on every device."""

from sqlalchemy import Connection

from app.account.naming import clean_name
from app.account.propose import device_of_signer
from app.domain.account import Event, EventKind
from app.domain.identifiers import new_id
from app.domain.parties import Passkey
from app.services import Services
from app.store import events, parties


async def rename(services: Services, device: Passkey, ref: str, name: str) -> str:
    """Rename the device of this short name, on the word of `device`; gives the name as it is kept. Raises SubjectUnknown, NameRefused."""
    name = clean_name(name)
    await services.database.write(_rename, device, ref, name, int(services.now()))
    return name


def _rename(connection: Connection, by: Passkey, ref: str, name: str, now: int) -> None:
    renamed = device_of_signer(connection, by.user_id, ref)
    if renamed.name == name or not parties.rename_passkey(connection, renamed.passkey_id, renamed.name, name):
        return
    event = Event(
        id=new_id(), user_id=by.user_id, at=now, kind=EventKind.DEVICE_RENAMED, device=renamed.name, new_name=name, by_device=by.name
    )
    events.add(connection, event)
