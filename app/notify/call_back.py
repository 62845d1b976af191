"""
Callbacks at work: what applications are to be told is looked for in SQL every few seconds, and at once when the queue names something.

A slow receiver holds up nothing but its own application's callbacks: so many at once for each, and pushes have a loop of their own.
"""

import asyncio
import contextlib
import logging
import random
from collections import Counter

from app.errors import EndpointRefused, PushGone, PushLater, StoreUnavailable, Unavailable
from app.notify.parties import Parties
from app.push.callback import Message
from app.push.sender import DEADLINE_S
from app.store import callbacks
from app.store.callbacks import Callback

LOOK_S = 2
AT_ONCE, AT_ONCE_FOR_ONE = 32, 4
LOOKED_AT = 500
SENDING_S = DEADLINE_S + 5  # a claim that lasts longer belongs to a process that died
FIRST_RETRY_S, LONGEST_RETRY_S = 2, 3_600
DOUBT_S = 1
PURGE_EVERY = 1_800
log = logging.getLogger("natsuin.callback")


async def call_back(parties: Parties) -> None:
    """Send what is due, for as long as the process lives."""
    sending: dict[str, asyncio.Task[None]] = {}
    whose: dict[str, str] = {}
    rounds = 0
    try:
        while True:
            parties.decided.clear()
            try:
                for one in await parties.database.read(callbacks.due, parties.now(), LOOKED_AT):
                    busy = Counter(whose[name] for name in sending)
                    if one.id in sending or len(sending) >= AT_ONCE or busy[one.application_id] >= AT_ONCE_FOR_ONE:
                        continue
                    whose[one.id] = one.application_id
                    sending[one.id] = asyncio.create_task(deliver(parties, one))
                if rounds % PURGE_EVERY == 0:
                    await parties.database.write(callbacks.purge, parties.now())
                rounds += 1
            except Unavailable as doubt:
                log.warning("no callback is sent: %s: %s", type(doubt).__name__, doubt)
            await _wait(parties, sending)
            for name in [name for name, task in sending.items() if task.done()]:
                sending.pop(name).result()
                del whose[name]
    finally:
        for task in sending.values():
            task.cancel()
        await asyncio.gather(*sending.values(), return_exceptions=True)


async def deliver(parties: Parties, callback: Callback) -> None:
    """Send one, unless another process does; what does not arrive is tried again while that makes sense."""
    try:
        now = parties.now()
        if not await parties.database.write(callbacks.claim, callback, now, now + SENDING_S):
            return
        message = Message(callback.url, callback.secret, callback.id, callback.body, callback.bearer)
        try:
            await parties.callbacks.send(message)
        except PushGone:
            log.warning("%s wants no callback for %s (410)", callback.application_id, callback.id)
            await parties.database.write(callbacks.end, callback, "failed")
        except (PushLater, EndpointRefused) as why:
            await _again(parties, callback, why)
        else:
            await parties.database.write(callbacks.end, callback, "done")
    except StoreUnavailable as doubt:  # the claim runs out, and it is sent again
        log.warning("a callback's outcome is not recorded: %s: %s", type(doubt).__name__, doubt)
        await asyncio.sleep(DOUBT_S)  # it is looked for again when this ends


def backoff_s(attempts: int) -> float:
    """Wait longer each time, and not all at once."""
    doubled = FIRST_RETRY_S * 2 ** min(attempts, 12)
    return float(min(LONGEST_RETRY_S, doubled) * random.uniform(0.75, 1.25))  # noqa: S311  # spreads load


async def _again(parties: Parties, callback: Callback, why: PushLater | EndpointRefused) -> None:
    told = f"{type(why).__name__}: {why}"
    if parties.now() > callback.tried_until:
        log.error("ALARM: %s does not take its callback for %s (%s); it is given up", callback.application_id, callback.id, told)
        await parties.database.write(callbacks.end, callback, "failed")
        return
    asked_s = why.retry_after_s if isinstance(why, PushLater) else None
    wait_s = max(asked_s or 0, backoff_s(callback.attempts))
    log.warning("%s does not take its callback now (%s); again in %.0f s", callback.application_id, told, wait_s)
    await parties.database.write(callbacks.put_off, callback, parties.now() + wait_s)


async def _wait(parties: Parties, sending: dict[str, asyncio.Task[None]]) -> None:
    """Wait until something was decided, something was sent, or it is time to look again."""
    decided = asyncio.create_task(parties.decided.wait())
    try:
        await asyncio.wait([decided, *sending.values()], timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        decided.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await decided
