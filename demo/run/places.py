"""Where everything of the demo is: the addresses of the three servers, the files; read from the environment once."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from demo.run.errors import DemoFailed

HIGHEST_PORT = 65_532


@dataclass(frozen=True)
class Places:
    port: int
    origin: str
    """The authorization server, as phones and applications reach it."""
    relying: str
    ca: str
    data: Path
    natsuin: Path
    """The operator's command."""

    @property
    def signed(self) -> Path:
        return self.data / "demo" / "contract-signed.pdf"

    @property
    def log(self) -> Path:
        return self.data / "demo" / "stack.log"


def read_places(environment: Mapping[str, str] = os.environ) -> Places:
    """
    Read `NATSUIN_PORT`, `NATSUIN_ORIGIN`, `NATSUIN_DATA` and `DEMO_CA_URL`.

    Raises:
        DemoFailed: `NATSUIN_PORT` is not a port, or the command is not installed.
    """
    text = environment.get("NATSUIN_PORT", "8080")
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= HIGHEST_PORT):
        raise DemoFailed(f"NATSUIN_PORT must be a port number up to {HIGHEST_PORT}.")
    port = int(text)
    natsuin = Path(sys.executable).with_name("natsuin")
    if not natsuin.exists():
        raise DemoFailed(f"There is no {natsuin}. Run `make demo`, which sets everything up.")
    return Places(
        port=port,
        origin=environment.get("NATSUIN_ORIGIN", f"http://localhost:{port}").rstrip("/"),
        relying=f"http://localhost:{port + 1}",
        ca=environment.get("DEMO_CA_URL", f"http://localhost:{port + 2}").rstrip("/"),
        data=Path(environment.get("NATSUIN_DATA", "var")).absolute(),
        natsuin=natsuin,
    )
