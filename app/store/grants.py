"""OAuth grants in SQL: each step is one conditional UPDATE, so that a request, a code and an authentication are used once."""

from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from app.domain.grant import Grant, GrantRequest, Step
from app.store.tables import grants as table

KEPT_S = 86_400  # how long a grant that has ended is told from one that never was
_KEYS = ("id", "authorization_id", "code_sha256", "token_sha256", "refresh_sha256")
_BY = {name: select(table).where(table.c[name] == bindparam("value")) for name in _KEYS}


def add(connection: Connection, grant: Grant) -> None:
    """Write a new grant, and forget some that ended long ago."""
    connection.execute(insert(table), msgspec.structs.asdict(grant) | {"request": msgspec.json.encode(grant.request)})
    connection.execute(delete(table).where(table.c.expires < grant.created - KEPT_S))


def get(connection: Connection, grant_id: str) -> Grant | None:
    return _one(connection, _BY["id"], grant_id)


def by_code(connection: Connection, code_sha256: bytes) -> Grant | None:
    return _one(connection, _BY["code_sha256"], code_sha256)


def by_token(connection: Connection, token_sha256: bytes) -> Grant | None:
    """Give the grant of a credential token."""
    return _one(connection, _BY["token_sha256"], token_sha256)


def by_refresh(connection: Connection, refresh_sha256: bytes) -> Grant | None:
    return _one(connection, _BY["refresh_sha256"], refresh_sha256)


def by_authorization(connection: Connection, authorization_id: str) -> Grant | None:
    return _one(connection, _BY["authorization_id"], authorization_id)


def take(connection: Connection, grant_id: str, user_id: str, session_sha256: bytes, now: float, until: int) -> bool:
    """Tie a pushed request to the signer and the browser that bring it; False where another was first, or its time is over."""
    values = {"state": Step.ASKED.value, "user_id": user_id, "session_sha256": session_sha256, "expires": until}
    return _moved(connection, values, table.c.id == grant_id, table.c.state == Step.PUSHED.value, table.c.expires > int(now))


def ask(connection: Connection, grant_id: str, authorization_id: str, until: int) -> bool:
    """Tie a grant to the approval that it waits for; False where it has one."""
    values = {"authorization_id": authorization_id, "expires": until}
    return _moved(connection, values, table.c.id == grant_id, table.c.state == Step.ASKED.value, table.c.authorization_id.is_(None))


def decide(connection: Connection, grant_id: str, step: Step) -> bool:
    """Record what the signer answered; False where that was said before."""
    return _moved(connection, {"state": step.value}, table.c.id == grant_id, table.c.state == Step.ASKED.value)


def give_code(connection: Connection, grant_id: str, code_sha256: bytes, until: int) -> bool:
    """Put a code in the place of an earlier one that was not redeemed; False where it can't be any more."""
    open_ = table.c.state.in_([Step.ASKED.value, Step.AGREED.value, Step.CODED.value])
    return _moved(connection, {"state": Step.CODED.value, "code_sha256": code_sha256, "expires": until}, table.c.id == grant_id, open_)


def redeem(connection: Connection, grant: Grant, until: int, tokens: dict[str, str | bytes | None]) -> bool:
    """Give what was granted, from the step and under the code with which it was read; False where another was first."""
    values = {"state": Step.GIVEN.value, "expires": until} | tokens
    same_code = table.c.code_sha256.is_(None) if grant.code_sha256 is None else table.c.code_sha256 == grant.code_sha256
    return _moved(connection, values, table.c.id == grant.id, table.c.state == grant.state.value, same_code)


def end(connection: Connection, grant_id: str) -> None:
    """Revoke a grant, and with it every token that came of it."""
    connection.execute(update(table).where(table.c.id == grant_id).values(state=Step.OVER.value))


def end_of(connection: Connection, client_id: str, user_id: str | None = None) -> None:
    """Revoke all that an application was granted, by one signer or by all."""
    ending = update(table).where(table.c.client_id == client_id).values(state=Step.OVER.value)
    connection.execute(ending if user_id is None else ending.where(table.c.user_id == user_id))


def _moved(connection: Connection, values: dict[str, Any], *conditions: ColumnElement[bool]) -> bool:
    return connection.execute(update(table).where(*conditions).values(**values)).rowcount == 1


def _one(connection: Connection, query: Any, value: object) -> Grant | None:
    row: RowMapping | None = connection.execute(query, {"value": value}).mappings().one_or_none()
    if row is None:
        return None
    return Grant(**{**row, "state": Step(row["state"]), "request": msgspec.json.decode(row["request"], type=GrantRequest)})
