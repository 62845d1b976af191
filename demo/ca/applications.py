"""Applying for a certificate: received, then refused or accepted, then a code, then a certificate; nothing is signed here."""

import hashlib
import re
import secrets
import sqlite3
import unicodedata
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from demo.ca.code import new_code, read_code
from demo.ca.errors import ApplicationRefused, ApplicationUnknown
from demo.ca.records import Records

CODE_LIFE = timedelta(days=30)
CODE_ATTEMPTS = 5
LONGEST_URL = 64  # more would nobody type from paper

USER_ID = re.compile(r"[A-Za-z0-9._@+-]+")
"""What stands in a subject as uid (RFC 4519 §2.39) and in HTTP Basic, where a colon would end it (RFC 7617 §2)."""
MAX_ADDRESS_LINES = 3

Line = Annotated[str, msgspec.Meta(max_length=200)]


class Application(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    Who the certificate will be for, and where the letter goes; `user_id` and `name` have the upper bounds of RFC 5280 Appendix A.

    `enrollment_url` is the page of the signing service where the code is typed; it goes into the letter, and is not kept. `replaces`: the
    person's earlier certificates are revoked when this one is issued.
    """

    user_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    postal_code: Annotated[str, msgspec.Meta(max_length=12)] = ""
    address: Line = ""
    enrollment_url: Annotated[str, msgspec.Meta(max_length=LONGEST_URL)] = ""
    replaces: bool = False


class Issued(msgspec.Struct, frozen=True):
    """A code that was just made, in groups, and whom it is for; it exists here and in the letter only."""

    code: str
    user_id: str
    name: str
    postal_code: str
    address: str
    expires: datetime

    @property
    def code_sha256(self) -> bytes:
        """What the signing service knows the code by, before it is used."""
        return code_hash(read_code(self.code))


def read_application(body: bytes) -> Application:
    """
    Parse `{"user_id", "name"}` with `postal_code`, `address` and `enrollment_url` where there are any.

    Raises:
        ApplicationRefused: not this shape, or characters that cannot stand in a certificate or a letter.
    """
    try:
        application = msgspec.json.decode(body, type=Application)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ApplicationRefused(str(error)) from error
    return check(application)


def check(application: Application) -> Application:
    """Return an application that can be dealt with; raises ApplicationRefused."""
    if not USER_ID.fullmatch(application.user_id):
        raise ApplicationRefused("user_id may hold letters, digits and . _ @ + -", "user_id")
    if application.name.isspace() or not _is_readable(application.name):
        raise ApplicationRefused("name must be readable text", "name")
    if not _is_readable(application.postal_code) or not all(_is_readable(line) for line in application.address.split("\n")):
        raise ApplicationRefused("postal_code and address must be readable text", "address")
    if application.address.count("\n") >= MAX_ADDRESS_LINES:
        raise ApplicationRefused(f"address has at most {MAX_ADDRESS_LINES} lines", "address")
    if application.enrollment_url:
        check_enrollment_url(application.enrollment_url)
    return application


def check_enrollment_url(url: str) -> str:
    """Return the address of a page to which `#CODE` can be joined: `https://…` (http on localhost); raises ApplicationRefused."""
    try:
        address = urlsplit(url)
        is_safe = address.scheme == "https" or (address.scheme == "http" and address.hostname in ("localhost", "127.0.0.1"))
    except ValueError:
        is_safe = False
    if not is_safe or not url.isascii() or not url.isprintable() or len(url) > LONGEST_URL or any(letter in url for letter in " #"):
        raise ApplicationRefused("enrollment_url must look like https://sign.example.jp/enroll, without a #", "enrollment_url")
    return url


def receive(records: Records, application: Application, now: datetime) -> str:
    """Keep an application until an officer has examined it; return its receipt, which is hard to guess."""
    with records.transaction() as sql:
        receipt, _ = insert(sql, application, "received", now)
    return receipt


def register(records: Records, application: Application, now: datetime) -> Issued:
    """Keep an application of a person who has been examined already, and make its code at once."""
    with records.transaction() as sql:
        _, application_id = insert(sql, application, "accepted", now)
        return _issue(sql, application_id, now)


def accept(records: Records, application_id: int, now: datetime, *, replaces: bool = False) -> Issued:
    """
    Accept an application and make its code; for one that was accepted before, a new code, and the old one is dead.

    `replaces`: as in `Application`.

    Raises:
        ApplicationUnknown: there is none that could be accepted: refused, or certified.
    """
    with records.transaction() as sql:
        _move(sql, application_id, ("received", "accepted", "code_issued"), "accepted", None, now)
        sql.execute("UPDATE application SET replaces = ? WHERE id = ?", (replaces, application_id))
        return _issue(sql, application_id, now)


def refuse(records: Records, application_id: int, reason: str, now: datetime) -> None:
    """
    Refuse an application, with a reason that the applicant will read; a code that was made is dead.

    Raises:
        ApplicationRefused: the reason can't be read.
        ApplicationUnknown: there is none that could be refused.
    """
    if not reason.strip() or len(reason) > 500 or not _is_readable(reason):
        raise ApplicationRefused("a refusal needs a reason of up to 500 characters", "reason")
    with records.transaction() as sql:
        _move(sql, application_id, ("received", "accepted", "code_issued"), "refused", reason, now)


def code_hash(code: str) -> bytes:
    """Hash of a code's letters as the records hold it; a plain hash will do, because codes are random and long."""
    return hashlib.sha256(code.encode()).digest()


def insert(sql: sqlite3.Connection, application: Application, state: str, now: datetime) -> tuple[str, int]:
    """Put an application on record in this state; return its receipt and its number."""
    receipt, now_s = secrets.token_urlsafe(16), int(now.timestamp())
    added = sql.execute(
        "INSERT INTO application (receipt, user_id, name, postal_code, address, state, received, decided, replaces)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            receipt,
            application.user_id,
            application.name,
            application.postal_code,
            application.address,
            state,
            now_s,
            None if state == "received" else now_s,
            application.replaces,
        ),
    )
    assert added.lastrowid is not None
    return receipt, added.lastrowid


def _issue(sql: sqlite3.Connection, application_id: int, now: datetime) -> Issued:
    code, expires = new_code(), now + CODE_LIFE
    row = sql.execute(
        "UPDATE application SET state = 'code_issued', code_sha256 = ?, code_expires = ?, attempts_left = ? WHERE id = ?"
        " RETURNING user_id, name, postal_code, address",
        (code_hash(read_code(code)), int(expires.timestamp()), CODE_ATTEMPTS, application_id),
    ).fetchone()
    return Issued(code, row["user_id"], row["name"], row["postal_code"], row["address"], expires)


def _move(sql: sqlite3.Connection, application_id: int, before: tuple[str, ...], after: str, reason: str | None, now: datetime) -> None:
    moved = sql.execute(
        "UPDATE application SET state = ?, reason = ?, decided = ?, code_sha256 = NULL, attempts_left = 0"
        " WHERE id = ? AND used IS NULL AND state IN (SELECT value FROM json_each(?))",
        (after, reason, int(now.timestamp()), application_id, msgspec.json.encode(before).decode()),
    )
    if moved.rowcount == 0:
        raise ApplicationUnknown("there is no such application, or it is decided")


def _is_readable(text: str) -> bool:
    return not any(unicodedata.category(character).startswith("C") for character in text)
