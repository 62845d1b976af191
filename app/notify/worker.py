"""
The push process at work: entries of the queue as they come, and every few seconds whatever SQL says is due.

The second finds what the first has lost: retries whose time has come, and entries that were gone with Redis.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable

from redis.exceptions import RedisError

from app.errors import Unavailable
from app.notify.call_back import call_back
from app.notify.deliver import deliver, deliver_event, deliver_test
from app.notify.parties import Parties
from app.notify.tell import tell
from app.store import event_pushes, notices
from app.store.push_jobs import Job

AT_ONCE = 32
SWEEP_S = 2
PURGE_EVERY = 1_800  # sweeps: about an hour
AGAIN_S = 1
log = logging.getLogger("natsuin.push")


async def work(parties: Parties, stop: asyncio.Event) -> None:
    """Work until told to stop; what none of them expects ends all."""
    doing = [asyncio.create_task(one(parties)) for one in (follow, sweep, call_back)]
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([*doing, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    ended = [one for one in doing if one.done()]
    while working := [one for one in doing if not one.done()]:
        for one in working:
            one.cancel()  # again, where a library took the first one for something else
        await asyncio.wait(working, timeout=AGAIN_S)
    for one in ended:
        one.result()


async def follow(parties: Parties) -> None:
    """Do what the queue says, for as long as the process lives; after a loss of Redis, begin anew."""
    lost = False
    while True:
        try:
            await parties.jobs.prepare()
            while True:
                jobs = await parties.jobs.take(AT_ONCE)
                if lost:
                    log.warning("the queue is back")
                lost = False
                await asyncio.gather(*(_do(parties, job) for job in jobs))
        except (RedisError, OSError) as error:
            if not lost:
                log.warning("the queue does not answer (%s); what is due is looked for in SQL", type(error).__name__)
            lost = True
            await asyncio.sleep(AGAIN_S)


async def sweep(parties: Parties) -> None:
    """Look for what is due, for as long as the process lives."""
    rounds = 0
    while True:
        try:
            await look(parties)
            if rounds % PURGE_EVERY == 0:
                await parties.database.write(notices.purge, parties.now())
                await parties.database.write(event_pushes.purge, parties.now())
            rounds += 1
        except Unavailable as doubt:
            log.warning("nothing is sent: %s: %s", type(doubt).__name__, doubt)
        with contextlib.suppress(RedisError, OSError):  # `follow` says so
            await parties.jobs.alive()
        await asyncio.sleep(SWEEP_S)


async def look(parties: Parties) -> None:
    """Send everything that is due by now."""
    for authorization_id in await parties.database.read(notices.untold, parties.now(), AT_ONCE):
        await tell(parties, authorization_id)
    due = await parties.database.read(notices.due, parties.now(), AT_ONCE)
    happened = await parties.database.read(event_pushes.due, parties.now(), AT_ONCE)
    await asyncio.gather(*(deliver(parties, one) for one in due), *(deliver_event(parties, one) for one in happened))


async def _do(parties: Parties, job: Job) -> None:
    """Do one job; where the database is in doubt, it stays for later."""
    doing: Awaitable[None] | None = None
    if job.kind == "authorization":
        doing = tell(parties, job.subject)
        parties.decided.set()
    elif job.kind == "test":
        doing = deliver_test(parties, job.subject)
    try:
        if doing is not None:
            await doing
    except Unavailable as doubt:
        log.warning("not sent yet: %s: %s", type(doubt).__name__, doubt)
        return
    await parties.jobs.done(job)
