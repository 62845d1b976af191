"""Starts the authorization server: settings, tables, then the workers. Whatever is wrong stops the start with a sentence."""

import logging
import os
import sys

import uvicorn

from app.config import read_config
from app.errors import NatsuinError
from app.middleware import StrictHttp
from app.store.database import migrate

log = logging.getLogger("natsuin.web")


def main() -> int:
    """Run until told to stop; exit code 2 where it must not run."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s", stream=sys.stderr)
    try:
        config = read_config()
        os.umask(0o077)
        migrate(config.database_url)
    except NatsuinError as error:
        log.error("the server does not start: %s", error)
        return 2
    uvicorn.run(
        "app.main:from_environment",
        factory=True,
        host=config.host,
        port=config.port,
        workers=config.workers,
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        http=StrictHttp,
        ws="none",
        timeout_graceful_shutdown=5,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
