"""Serve the relying application: `python -m demo.relying`, on `NATSUIN_PORT` + 1 of this computer."""

import logging
import sys

import uvicorn

from demo.relying.config import ConfigRefused, read_config
from demo.relying.server import create_app


def main() -> int:
    try:
        config = read_config()
    except ConfigRefused as refused:
        print(refused, file=sys.stderr)
        return 2
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    for noisy in ("pyhanko", "pyhanko_certvalidator", "httpx2"):  # what they say is on the page
        logging.getLogger(noisy).setLevel(logging.ERROR)
    app = create_app(config, lambda: server.should_exit)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=config.port, log_level="warning", server_header=False))
    server.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
