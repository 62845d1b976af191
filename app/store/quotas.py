"""How many requests an application has recorded lately, counted from the authorizations themselves."""

from sqlalchemy import Connection, select

from app.domain.policy import Policy
from app.store.tables import applications
from app.store.tables import authorizations as table


def wait_s(connection: Connection, application_id: str, policy: Policy, now: float, but: str = "") -> int:
    """
    Say after how many seconds the next request may come; 0 for now.

    Inside the transaction that records one, `but` is that one; requests of one application wait for each other then, so that
    no two count the same.
    """
    if not policy.quotas:
        return 0
    # As weak as it may be: a row that refers to the application holds a share of its key, and two of these would wait for each other.
    connection.execute(select(applications.c.client_id).where(applications.c.client_id == application_id).with_for_update(key_share=True))
    waits = [_wait_s(connection, application_id, most, seconds, int(now), but) for most, seconds in policy.quotas]
    return max(waits)


def _wait_s(connection: Connection, application_id: str, most: int, seconds: int, now: int, but: str) -> int:
    """Look at the one that has to grow old first: the `most`th newest."""
    mine = (table.c.application_id == application_id, table.c.id != but, table.c.created > now - seconds)
    oldest = select(table.c.created).where(*mine).order_by(table.c.created.desc()).offset(max(0, most - 1)).limit(1)
    created = connection.execute(oldest).scalar_one_or_none()
    return max(1, created + seconds - now) if created is not None else 0
