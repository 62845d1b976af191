"""
Requests of an application that was removed: nobody can collect what would come of them, so they are withdrawn.

An approval that stands lapses by itself.
"""

import asyncio
import logging

from app.authorization.announce import announce
from app.authorization.settle import record, settle
from app.domain.authorization import Authorization, State
from app.errors import SamRefused, Unavailable
from app.services import Services
from app.store import authorizations
from hsm.messages import RefuseRequest

SWEEP_S = 5
SWEEP_MOST = 100
log = logging.getLogger("natsuin.orphans")


async def sweep(services: Services) -> None:
    """Withdraw them, for as long as the worker lives."""
    while True:
        await asyncio.sleep(SWEEP_S)
        try:
            for orphan in await services.database.read(authorizations.orphans, SWEEP_MOST):
                await withdraw(services, orphan)
        except Unavailable as doubt:
            log.warning("not withdrawn: %s: %s", type(doubt).__name__, doubt)


async def withdraw(services: Services, authorization: Authorization) -> None:
    """End a request that waits as withdrawn, at the SAM first; raises SamUnavailable."""
    try:
        await services.sam.refuse(RefuseRequest(authorization.transaction, "cancelled"))
    except SamRefused:  # decided at this very moment, or withdrawn by another worker
        await settle(services, authorization)
        return
    if await services.database.write(record, authorization, State.CANCELLED, int(services.now())):
        await announce(services, authorization)
