"""The identification code at the counter: who shows it is the person of the application."""

import hmac
import sqlite3
from datetime import datetime, timedelta

from demo.ca.applications import code_hash
from demo.ca.code import read_code
from demo.ca.errors import CodeRefused
from demo.ca.records import Records

REPEAT_WITHIN = timedelta(days=1)
"""So long a used code with the same request gets the same certificate again, for a client that lost the reply."""


def identify(records: Records, user_id: str, text: str, now: datetime) -> int:
    """
    Return the application that the code belongs to; the code is not used up.

    A wrong code costs every open application of this person an attempt. The count is on disk before the codes are compared; a right
    code gives the attempt back, a crash in between does not.

    Raises:
        CodeMistyped: the check letters do not fit; this costs nothing.
        CodeRefused: unknown, expired, locked, or used longer ago than a reply can be lost.
    """
    presented = code_hash(read_code(text))
    now_s = int(now.timestamp())
    with records.transaction() as sql:
        counted = sql.execute(
            "UPDATE application SET attempts_left = attempts_left - 1 WHERE user_id = ? AND code_sha256 IS NOT NULL AND attempts_left > 0"
            " AND (state = 'code_issued' AND code_expires > ? OR state = 'certified' AND used >= ?) RETURNING id, code_sha256",
            (user_id, now_s, now_s - int(REPEAT_WITHIN.total_seconds())),
        ).fetchall()
    matching = [row["id"] for row in counted if hmac.compare_digest(row["code_sha256"], presented)]
    if not matching:
        raise CodeRefused
    with records.transaction() as sql:
        for row in counted:
            _give_back(sql, row["id"], row["code_sha256"])
    application_id: int = matching[0]
    return application_id


def _give_back(sql: sqlite3.Connection, application_id: int, code_sha256: bytes) -> None:
    sql.execute("UPDATE application SET attempts_left = attempts_left + 1 WHERE id = ? AND code_sha256 = ?", (application_id, code_sha256))
