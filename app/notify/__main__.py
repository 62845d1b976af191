"""Starts the push process: settings, tables, then the work. Whatever is wrong stops the start with a sentence."""

import asyncio
import contextlib
import logging
import os
import signal
import sys

from redis.exceptions import RedisError

from app.config import Config, read_config
from app.errors import NatsuinError
from app.notify.parties import open_parties
from app.notify.worker import work
from app.store.database import migrate

LEAVING_S = 2
log = logging.getLogger("natsuin.push")


def main() -> int:
    """Run until told to stop; exit code 2 where it must not run."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s", stream=sys.stderr)
    try:
        config = read_config()
        os.umask(0o077)
        migrate(config.database_url)
        asyncio.run(run(config))
    except NatsuinError as error:
        log.error("the push process does not start: %s", error)
        return 2
    return 0


async def run(config: Config) -> None:
    """Work until SIGTERM or SIGINT; what is being sent then is given up, and sent again by the next."""
    async with open_parties(config) as parties:
        stop = asyncio.Event()
        for one in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(one, stop.set)
        await work(parties, stop)
        with contextlib.suppress(RedisError, OSError):  # a time that runs out is one of them
            async with asyncio.timeout(LEAVING_S):
                await parties.jobs.leave()


if __name__ == "__main__":
    sys.exit(main())
