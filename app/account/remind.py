"""
Who is to be reminded that a certificate ends, 30 and 7 days before: `due` says it, for whatever carries the news.

Each reminder is an event once, which the history keeps. On the pages it stays until the key is renewed; at 30 days a device may dismiss it.
"""

from msgspec import Struct
from sqlalchemy import Connection

from app.account.propose import key_of_signer
from app.domain.account import Event, EventKind
from app.domain.identifiers import new_id
from app.domain.parties import Credential, Passkey
from app.services import Services
from app.store import credentials, events, reminders

DAY_S = 86_400
FIRST_DAYS, LAST_DAYS = 30, 7
SWEEP_MOST = 100


class Reminder(Struct, frozen=True):
    """A key whose certificate ends within `days`; the last reminder is urgent."""

    credential: Credential
    days: int

    @property
    def urgent(self) -> bool:
        return self.days == LAST_DAYS


def due(connection: Connection, now: float, most: int) -> list[Reminder]:
    """List who is to be reminded now of what, and was not yet."""
    return [Reminder(one, _days(one, now)) for one in credentials.unreminded(connection, now, FIRST_DAYS, LAST_DAYS, most)]


async def remind(services: Services) -> None:
    """Record what is due, each once; raises Unavailable."""
    if await services.database.read(due, services.now(), 1):
        await services.database.write(_record, services.now())


def reminders_for(connection: Connection, user_id: str, passkey_id: bytes, now: float) -> list[Reminder]:
    """List what a signer's device shows: all that ends soon, but what this device has dismissed and is not urgent."""
    ending = [one for one in credentials.of_signer(connection, user_id) if one.is_ending(now, FIRST_DAYS * DAY_S)]
    told = [Reminder(one, _days(one, now)) for one in ending]
    return [one for one in told if one.urgent or not reminders.is_dismissed(connection, one.credential.credential_id, passkey_id)]


async def dismiss(services: Services, device: Passkey, credential_id: str) -> None:
    """Show the first reminder of a key on this device no more; raises SubjectUnknown."""
    await services.database.write(_dismiss, device, credential_id)


def _dismiss(connection: Connection, device: Passkey, credential_id: str) -> None:
    key_of_signer(connection, device.user_id, credential_id)
    reminders.dismiss(connection, credential_id, device.passkey_id)


def _record(connection: Connection, now: float) -> None:
    for reminder in due(connection, now, SWEEP_MOST):
        credential = reminder.credential
        if reminders.tell(connection, credential.credential_id, reminder.days):
            event = Event(
                id=new_id(),
                user_id=credential.user_id,
                at=int(now),
                kind=EventKind.KEY_ENDING,
                credential_id=credential.credential_id,
                until=credential.not_after,
            )
            events.add(connection, event)


def _days(credential: Credential, now: float) -> int:
    return LAST_DAYS if credential.is_ending(now, LAST_DAYS * DAY_S) else FIRST_DAYS
