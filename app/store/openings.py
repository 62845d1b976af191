"""How requests may be opened, in SQL; a code is taken by one conditional UPDATE, so that of two who hold the same one is first."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, exists, insert, select, update

from app.domain.opening import Code, Opening
from app.store.tables import authorizations
from app.store.tables import openings as table

_ADD = insert(table)
_OF = select(table).where(table.c.authorization_id == bindparam("id"))
_BY_TOKEN = select(table).where(table.c.token == bindparam("token"))
_TAKE = (
    update(table)
    .where(table.c.token == bindparam("which"), table.c.last_second < bindparam("second"))
    .values(last_second=bindparam("second"), browser_sha256=bindparam("browser"), way=bindparam("how"))
)


def add(connection: Connection, authorization_id: str, opening: Opening) -> None:
    connection.execute(_ADD, msgspec.structs.asdict(opening) | {"authorization_id": authorization_id})


def of(connection: Connection, authorization_id: str) -> Opening | None:
    """Give how a request may be opened; None for one that this service itself made."""
    row = connection.execute(_OF, {"id": authorization_id}).mappings().one_or_none()
    return _opening(row) if row is not None else None


def by_token(connection: Connection, token: str) -> tuple[str, Opening] | None:
    """Give the request that a token belongs to, and how it may be opened."""
    row = connection.execute(_BY_TOKEN, {"token": token}).mappings().one_or_none()
    return (row["authorization_id"], _opening(row)) if row is not None else None


def confidential(connection: Connection, authorization_ids: Sequence[str]) -> set[str]:
    """Choose those whose contents are confidential."""
    chosen = select(table.c.authorization_id).where(table.c.authorization_id.in_(authorization_ids), table.c.confidential)
    return set(connection.execute(chosen).scalars()) if authorization_ids else set()


def with_code(connection: Connection, authorization_ids: Sequence[str]) -> set[str]:
    """Choose those that open with the code on their application's screen only."""
    chosen = select(table.c.authorization_id).where(table.c.authorization_id.in_(authorization_ids), table.c.code_needed)
    return set(connection.execute(chosen).scalars()) if authorization_ids else set()


def has_confidential(connection: Connection, user_id: str) -> bool:
    """Tell whether anything that a signer was ever asked is confidential."""
    asked = exists().where(authorizations.c.user_id == user_id, authorizations.c.id == table.c.authorization_id, table.c.confidential)
    return bool(connection.execute(select(asked)).scalar_one())


def take(connection: Connection, code: Code, browser_sha256: bytes) -> bool:
    """Use a code for a browser; False where it, or a later one, was used before."""
    values = {"which": code.token, "second": code.second, "browser": browser_sha256, "how": code.way.value}
    return connection.execute(_TAKE, values).rowcount == 1


def _opening(row: RowMapping) -> Opening:
    return Opening(**{name: value for name, value in row.items() if name != "authorization_id"})
