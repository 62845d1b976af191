"""
Requests of an application that was removed: nobody can collect what would come of them, so they are withdrawn.

An approval that stands lapses by itself.
"""

import asyncio
import logging

from app.authorization.withdraw import withdraw
from app.errors import Unavailable
from app.services import Services
from app.store import authorizations

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
