"""Settling: changes and recoveries whose answer was lost, freezes and stops that the SAM has not confirmed, renewals; and reminding."""

import asyncio
import logging

from app.account.amend import settle_change
from app.account.freeze import tell_sam
from app.account.recover import follow
from app.account.remind import remind
from app.account.renew import go_on_with_due
from app.account.stop_recovery import tell_sam as tell_sam_to_stop
from app.errors import Unavailable
from app.sam import DEADLINE_S
from app.services import Services
from app.store import changes, credentials, recoveries

SWEEP_S = 5
SWEEP_MOST = 100
IN_FLIGHT_S = DEADLINE_S + 5  # until then somebody may be waiting for the answer
log = logging.getLogger("natsuin.account")


async def sweep(services: Services) -> None:
    """Settle, for as long as the worker lives."""
    while True:
        await asyncio.sleep(SWEEP_S)
        try:
            await settle(services)
        except Unavailable as doubt:
            log.warning("not settled: %s: %s", type(doubt).__name__, doubt)


async def settle(services: Services) -> None:
    """Settle what there is; raises Unavailable at the first that can't be."""
    for credential in await services.database.read(credentials.owed, SWEEP_MOST):
        await tell_sam(services, credential.credential_id)
    for change in await services.database.read(changes.sent_before, services.now() - IN_FLIGHT_S, SWEEP_MOST):
        await settle_change(services, change)
    await go_on_with_due(services, SWEEP_MOST)
    await remind(services)
    for recovery in await services.database.read(recoveries.unsettled, services.now() - IN_FLIGHT_S, SWEEP_MOST):
        await (tell_sam_to_stop if recovery.state == "stopping" else follow)(services, recovery)
