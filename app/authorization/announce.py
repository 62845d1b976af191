"""An authorization is there, or has changed: held polls are woken, and the signer's browsers told."""

import asyncio

from app.domain.authorization import Authorization, Told
from app.services import Services
from app.store.wakeups import of_signer


async def announce(services: Services, authorization: Authorization) -> None:
    """Tell whoever waits for a change of this authorization; what can't be told now is found in SQL later."""
    waking = services.wakeups.announce(authorization.id, of_signer(authorization.user_id))
    if authorization.told in (Told.NO_DEVICE, Told.INBOX):
        await waking
    else:
        await asyncio.gather(waking, services.pushes.authorization(authorization.id))
