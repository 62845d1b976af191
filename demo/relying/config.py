"""What the environment tells the relying application: its port, its directory, and where the signing service and the CA are; read once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from natsuin.client import Account

DEFAULT_WEB_PORT = 8080
RELYING_PORT_OFFSET = 1
CA_PORT_OFFSET = 2


class ConfigRefused(Exception):
    """The environment holds something unusable; the text says what."""


class ApplicationMissing(Exception):
    """There is no usable account at the signing service yet."""


@dataclass(frozen=True)
class Config:
    port: int
    directory: Path
    """Where uploaded and signed documents are kept for an hour."""
    client_file: Path
    """JSON with `client_id` and `client_secret`, the account of this application at the signing service."""
    service: str
    """Base address of the signing service, without a slash at the end."""
    ca: str
    """Base address of the CA whose root is trusted."""


def read_config(environment: Mapping[str, str] = os.environ) -> Config:
    """
    Read `NATSUIN_PORT`, `NATSUIN_DATA`, `NATSUIN_ORIGIN` and `DEMO_CA_URL`.

    Raises:
        ConfigRefused: `NATSUIN_PORT` is not a port.
    """
    port = environment.get("NATSUIN_PORT", str(DEFAULT_WEB_PORT))
    if not (port.isascii() and port.isdigit() and 0 < int(port) <= 65535 - CA_PORT_OFFSET):
        raise ConfigRefused(f"NATSUIN_PORT must be a port number up to {65535 - CA_PORT_OFFSET}")
    web_port = int(port)
    data = Path(environment.get("NATSUIN_DATA", "var")) / "demo"
    return Config(
        port=web_port + RELYING_PORT_OFFSET,
        directory=data / "relying",
        client_file=data / "client.json",
        service=environment.get("NATSUIN_ORIGIN", f"http://localhost:{web_port}").rstrip("/"),
        ca=environment.get("DEMO_CA_URL", f"http://localhost:{web_port + CA_PORT_OFFSET}").rstrip("/"),
    )


class _ClientFile(msgspec.Struct):
    client_id: str
    client_secret: str
    return_urls: list[str] = []


def read_application(file: Path) -> Account:
    """
    Read the account of this application; at every use, because it may be made while we run.

    Raises:
        ApplicationMissing: there is no such file, or it holds something else.
    """
    account = _read(file)
    return Account(account.client_id, account.client_secret)


def read_return_url(file: Path) -> str | None:
    """Read the page of ours that the service may lead back to, as it was registered; None where none was. Raises as `read_application`."""
    return next(iter(_read(file).return_urls), None)


def _read(file: Path) -> _ClientFile:
    try:
        return msgspec.json.decode(file.read_bytes(), type=_ClientFile)
    except (OSError, msgspec.MsgspecError):
        raise ApplicationMissing(f"there is no account in {file}") from None
