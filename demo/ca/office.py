"""What every route of the CA works with, in one value: settings, authority, records, secrets, and the time."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from demo.ca.authority import Authority, open_authority
from demo.ca.config import Config
from demo.ca.enrollment import Enrollment
from demo.ca.files import read_or_make
from demo.ca.records import Records

Clock = Callable[[], datetime]


def clock() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Office:
    """A CA that is open."""

    config: Config
    authority: Authority
    records: Records
    enrollment: Enrollment
    registration_secret: bytes
    """With it the front office of another service registers people whom it has examined."""
    officer_secret: bytes
    """With it an officer signs in at the desk."""
    now: Clock


def open_office(config: Config, now: Clock = clock) -> Office:
    """Open the CA over its directory; the first time makes its key, its certificate and its secrets."""
    authority = open_authority(config.directory, now())
    records = Records(config.directory / "ca.sqlite3")
    return Office(
        config=config,
        authority=authority,
        records=records,
        enrollment=Enrollment(authority, records, config.url),
        registration_secret=read_or_make(config.directory / "ra-secret", _new_secret),
        officer_secret=read_or_make(config.directory / "officer-secret", _new_secret),
        now=now,
    )


def _new_secret() -> bytes:
    return secrets.token_urlsafe(32).encode()
