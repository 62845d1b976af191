"""What the environment tells the CA: ports, directory and public address; read once, before anything else."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from demo.ca.errors import ConfigRefused

DEFAULT_WEB_PORT = 8080
CA_PORT_OFFSET = 2
EST_PORT_OFFSET = 3


@dataclass(frozen=True)
class Config:
    port: int
    """Plain HTTP: CRL, OCSP, the root, and the pages for people."""
    est_port: int
    """EST, by HTTPS only."""
    directory: Path
    url: str
    """Public base address of the HTTP side, without a slash at the end; it is written into every certificate."""

    trusted: Path
    """A folder with the roots (`*.pem`) of other CAs whose certificates identify a person here."""

    enrollment_url: str = ""
    """The signing service's page for the code: what the desk proposes for each letter."""

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or "localhost"


def read_config(environment: Mapping[str, str] = os.environ) -> Config:
    """
    Read `NATSUIN_PORT`, `NATSUIN_DATA`, `NATSUIN_ORIGIN`, `DEMO_CA_URL` and `DEMO_CA_TRUSTED`.

    Raises:
        ConfigRefused: a value is unusable; all of them are listed.
    """
    problems = []
    web_port = environment.get("NATSUIN_PORT", str(DEFAULT_WEB_PORT))
    if not (web_port.isascii() and web_port.isdigit() and 0 < int(web_port) <= 65535 - EST_PORT_OFFSET):
        problems.append(f"NATSUIN_PORT must be a port number up to {65535 - EST_PORT_OFFSET}")
        web_port = str(DEFAULT_WEB_PORT)
    port = int(web_port) + CA_PORT_OFFSET
    url = environment.get("DEMO_CA_URL", f"http://localhost:{port}").rstrip("/")
    address = urlsplit(url)
    if address.scheme not in ("http", "https") or not address.hostname or not url.isascii():
        problems.append("DEMO_CA_URL must be an http or https address")
    if problems:
        raise ConfigRefused("; ".join(problems))
    directory = Path(environment.get("NATSUIN_DATA", "var")) / "ca"
    trusted = Path(environment.get("DEMO_CA_TRUSTED", directory / "trusted"))
    service = environment.get("NATSUIN_ORIGIN", f"http://localhost:{web_port}").rstrip("/")
    return Config(
        port=port,
        est_port=int(web_port) + EST_PORT_OFFSET,
        directory=directory,
        url=url,
        trusted=trusted,
        enrollment_url=f"{service}/enroll",
    )
