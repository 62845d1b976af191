"""Enrolments that were begun and never ended: where the SAM has forgotten the key, the code or link is over here too."""

import asyncio
import logging

from app.authorization.enroll import transaction_of
from app.errors import SamRefused, Unavailable
from app.services import Services
from app.store import links
from hsm.messages import ErrorCode

SWEEP_S = 600
SWEEP_MOST = 100
log = logging.getLogger("natsuin.enroll")


async def sweep(services: Services) -> None:
    """End them, for as long as the worker lives."""
    while True:
        await asyncio.sleep(SWEEP_S)
        try:
            await end_forgotten(services)
        except Unavailable as doubt:
            log.warning("not ended: %s: %s", type(doubt).__name__, doubt)


async def end_forgotten(services: Services) -> None:
    """End what the SAM has forgotten, or never saw; raises Unavailable."""
    for link in await services.database.read(links.overdue_links, services.now(), SWEEP_MOST):
        try:
            state = (await services.sam.credential(transaction_of(link).credential_id)).state
        except SamRefused as refusal:
            state = "destroyed" if refusal.code is ErrorCode.CREDENTIAL_UNKNOWN else "unknown"
        if state == "destroyed":
            await services.database.write(links.advance_link, link, "done", registration=None)
