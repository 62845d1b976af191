"""
Keys in SQL, and whether they are frozen.

A freeze is recorded as owed first, so that it is not lost, and as confirmed when the SAM has it. Each change is one conditional UPDATE.
"""

from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, case, insert, select, true, update

from app.domain.parties import Credential
from app.store.tables import credentials as table
from hsm.messages import FOR_EVER, FrozenBy

DAY_S = 86_400
_ALL = select(*(table.c[name] for name in Credential.__struct_fields__))
_BY_ID = _ALL.where(table.c.credential_id == bindparam("credential_id"))
_OF_SIGNER = _ALL.where(table.c.user_id == bindparam("user_id")).order_by(table.c.created, table.c.credential_id)
_FROZEN_OF = _OF_SIGNER.where(table.c.state == "enabled", table.c.frozen_until > bindparam("now"))


def add(connection: Connection, credential: Credential) -> None:
    values = msgspec.structs.asdict(credential) | {"certificates": msgspec.json.encode(credential.certificates), "not_me_at": 0}
    connection.execute(insert(table), values)


def get(connection: Connection, credential_id: str) -> Credential | None:
    row = connection.execute(_BY_ID, {"credential_id": credential_id}).mappings().one_or_none()
    return _credential(row) if row is not None else None


def of_signer(connection: Connection, user_id: str) -> list[Credential]:
    return [_credential(row) for row in connection.execute(_OF_SIGNER, {"user_id": user_id}).mappings()]


def all_by_end(connection: Connection) -> list[Credential]:
    """List every key, by the end of its certificate."""
    return [_credential(row) for row in connection.execute(_ALL.order_by(table.c.not_after, table.c.credential_id)).mappings()]


def unreminded(connection: Connection, now: float, first_days: int, last_days: int, most: int) -> list[Credential]:
    """List the keys whose certificate ends within so many days, that nothing has replaced, and whose signer was not reminded of that."""
    last = (table.c.reminded > last_days) & (table.c.not_after <= int(now) + last_days * DAY_S)
    soon = (table.c.not_after >= int(now), table.c.not_after <= int(now) + first_days * DAY_S, table.c.reminded.is_(None) | last)
    found = _ALL.where(table.c.state == "enabled", table.c.renewed_by.is_(None), *soon).order_by(table.c.not_after).limit(most)
    return [_credential(row) for row in connection.execute(found).mappings()]


def frozen_of(connection: Connection, user_id: str, now: float) -> list[Credential]:
    """List the signer's keys that may not be used for now."""
    return [_credential(row) for row in connection.execute(_FROZEN_OF, {"user_id": user_id, "now": int(now)}).mappings()]


def freeze(connection: Connection, credential_id: str, until: int, by: FrozenBy) -> bool:
    """Record that the SAM is to freeze a key; False where it is frozen for as long already, or destroyed."""
    longer = (table.c.credential_id == credential_id, table.c.state == "enabled", table.c.frozen_until < until)
    values = {"frozen_until": until, "frozen_by": by, "freeze_owed": True}
    return connection.execute(update(table).where(*longer).values(values)).rowcount == 1


def count_not_me(connection: Connection, credential_id: str, now: float, within_s: int) -> bool:
    """Count a refusal as "not me"; the second one within that time freezes the key until its signer says otherwise, and is told as True."""
    again = table.c.not_me_at > int(now) - within_s
    values = {
        "frozen_until": case((again, FOR_EVER), else_=table.c.frozen_until),
        "frozen_by": case((again, "not_me"), else_=table.c.frozen_by),
        "freeze_owed": case((again, true()), else_=table.c.freeze_owed),
        "not_me_at": case((again, 0), else_=int(now)),
    }
    counting = update(table).where(table.c.credential_id == credential_id, table.c.state == "enabled").values(values)
    return connection.execute(counting.returning(table.c.not_me_at)).scalar_one_or_none() == 0


def owed(connection: Connection, most: int) -> list[Credential]:
    """List the keys whose freeze the SAM has not confirmed."""
    return [
        _credential(row) for row in connection.execute(_ALL.where(table.c.freeze_owed, table.c.state == "enabled").limit(most)).mappings()
    ]


def confirm_freeze(connection: Connection, credential_id: str, until: int) -> None:
    """Record until when the SAM has frozen a key; where a longer freeze was recorded meanwhile, that one is still owed."""
    confirmed = (table.c.credential_id == credential_id, table.c.frozen_until <= until)
    connection.execute(update(table).where(*confirmed).values(frozen_until=until, freeze_owed=False))


def unfreeze(connection: Connection, credential_id: str) -> None:
    """Record that the SAM lets a key be used again."""
    values = {"frozen_until": 0, "frozen_by": None, "freeze_owed": False, "not_me_at": 0}
    connection.execute(update(table).where(table.c.credential_id == credential_id).values(values))


def renew(connection: Connection, credential_id: str, renewed_by: str) -> None:
    """Record that another key has taken a key's place."""
    connection.execute(update(table).where(table.c.credential_id == credential_id).values(renewed_by=renewed_by))


def destroy(connection: Connection, credential_id: str) -> None:
    """Record that a key is no more."""
    values = {"state": "destroyed", "frozen_until": 0, "frozen_by": None, "freeze_owed": False}
    connection.execute(update(table).where(table.c.credential_id == credential_id).values(values))


def follow(connection: Connection, credential: Credential, frozen_until: int) -> None:
    """Take over until when the SAM has frozen a key, unless something was recorded since it was read."""
    same = (table.c.credential_id == credential.credential_id, table.c.frozen_until == credential.frozen_until, ~table.c.freeze_owed)
    connection.execute(update(table).where(*same).values(frozen_until=frozen_until))


def _credential(row: Any) -> Credential:
    return Credential(**{**row, "certificates": msgspec.json.decode(row["certificates"], type=tuple[bytes, ...])})
