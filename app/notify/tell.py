"""One authorization: whether its signer's browsers are to be told that it waits, or that it does not any more."""

import asyncio

from app.notify.deliver import deliver
from app.notify.parties import Parties
from app.store import authorizations, notices

MOST_BROWSERS = 100


async def tell(parties: Parties, authorization_id: str) -> None:
    """Send whatever is due about an authorization; may be repeated, for what was sent is not due."""
    authorization = await parties.database.read(authorizations.get, authorization_id)
    if authorization is None:
        return
    if authorization.told is None and authorization.told_at is None:
        await parties.database.write(notices.begin, authorization_id, parties.now(), parties.config.pushes_per_signer)
    due = await parties.database.read(notices.due, parties.now(), MOST_BROWSERS, authorization_id)
    await asyncio.gather(*(deliver(parties, one) for one in due))
