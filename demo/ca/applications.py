"""Applying for a certificate: a person who was identified elsewhere gets a one-time code; this module does not say who may apply."""

import hashlib
import re
import secrets
import unicodedata
from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from demo.ca.errors import ApplicationRefused
from demo.ca.records import Records

CODE_LIFE = timedelta(days=30)
CODE_ATTEMPTS = 5
CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 32 signs that nobody confuses on paper: 20 of them are 100 bits
CODE_GROUPS = 4
CODE_GROUP_LENGTH = 5

USER_ID = re.compile(r"[A-Za-z0-9._@+-]+")
"""What stands in a subject as uid (RFC 4519 §2.39) and in HTTP Basic, where a colon would end it (RFC 7617 §2)."""


class Application(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who the certificate will be for; lengths are the upper bounds of RFC 5280 Appendix A."""

    user_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


def read_application(body: bytes) -> Application:
    """
    Parse `{"user_id", "name"}`.

    Raises:
        ApplicationRefused: not this shape, or characters that cannot stand in a certificate.
    """
    try:
        application = msgspec.json.decode(body, type=Application)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ApplicationRefused(str(error)) from error
    if not USER_ID.fullmatch(application.user_id):
        raise ApplicationRefused("user_id may hold letters, digits and . _ @ + -")
    if application.name.isspace() or any(unicodedata.category(character).startswith("C") for character in application.name):
        raise ApplicationRefused("name must be readable text")
    return application


def apply(records: Records, application: Application, now: datetime) -> str:
    """Open an application and return its one-time code; only the hash is kept."""
    code = "-".join("".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_GROUP_LENGTH)) for _ in range(CODE_GROUPS))
    with records.transaction() as sql:
        sql.execute(
            "INSERT INTO application (user_id, name, code_sha256, expires, attempts_left) VALUES (?, ?, ?, ?, ?)",
            (application.user_id, application.name, code_hash(code), int((now + CODE_LIFE).timestamp()), CODE_ATTEMPTS),
        )
    return code


def code_hash(code: str) -> bytes:
    """Hash of a code as the records hold it; a plain hash will do, because codes are random and long."""
    return hashlib.sha256(code.encode()).digest()
