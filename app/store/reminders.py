"""Reminders in SQL: which of a key's was told last, and which devices have dismissed it."""

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.store.tables import credentials, dismissals


def tell(connection: Connection, credential_id: str, days: int) -> bool:
    """Record a reminder; False where it, or a later one, is recorded already."""
    earlier = credentials.c.reminded.is_(None) | (credentials.c.reminded > days)
    recording = update(credentials).where(credentials.c.credential_id == credential_id, earlier).values(reminded=days)
    return connection.execute(recording).rowcount == 1


def dismiss(connection: Connection, credential_id: str, passkey_id: bytes) -> None:
    """Record that a device does not want to see it; once more changes nothing."""
    if not is_dismissed(connection, credential_id, passkey_id):
        try:
            with connection.begin_nested():
                connection.execute(insert(dismissals), {"credential_id": credential_id, "passkey_id": passkey_id})
        except IntegrityError:
            return  # another tab was first


def is_dismissed(connection: Connection, credential_id: str, passkey_id: bytes) -> bool:
    """Tell whether a device does not want to see it."""
    mine = (dismissals.c.credential_id == credential_id, dismissals.c.passkey_id == passkey_id)
    return connection.execute(select(dismissals.c.credential_id).where(*mine)).first() is not None
