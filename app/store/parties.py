"""Applications, signers and passkeys in SQL."""

from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, update

from app.domain.parties import Application, Passkey, Signer
from app.domain.policy import Policy
from app.store import agreements, documents, grants, marks, subscriptions
from app.store.tables import applications, passkeys, signers
from app.store.tables import subscriptions as pushed

_APPLICATION = select(applications).where(applications.c.client_id == bindparam("client_id"))
_SIGNER = select(signers).where(signers.c.user_id == bindparam("user_id"))
_PASSKEY = select(passkeys).where(passkeys.c.passkey_id == bindparam("passkey_id"))
_PASSKEYS_OF = select(passkeys).where(passkeys.c.user_id == bindparam("user_id")).order_by(passkeys.c.created, passkeys.c.passkey_id)
_PASSKEYS_FOR = select(passkeys).where(passkeys.c.enrollment_id == bindparam("enrollment_id")).order_by(passkeys.c.created)
_SIGNED_IN = (
    update(passkeys)
    .where(passkeys.c.passkey_id == bindparam("which"), passkeys.c.sign_count == bindparam("old"))
    .values(sign_count=bindparam("new"), last_used=bindparam("now"))
)
_USED = update(passkeys).where(passkeys.c.passkey_id == bindparam("which")).values(last_used=bindparam("now"))
_LISTS = ("return_urls", "redirect_uris")


def add_application(connection: Connection, application: Application) -> None:
    connection.execute(insert(applications), _columns(application))


def change_application(connection: Connection, application: Application) -> None:
    """Put down what an operator has changed; name, id and secrets stay."""
    changed = {name: value for name, value in _columns(application).items() if name in ("asks_code", "inbox", "for_all", "policy")}
    connection.execute(update(applications).where(applications.c.client_id == application.client_id).values(changed))


def renew_callback_secret(connection: Connection, client_id: str, secret: str) -> None:
    """Have callbacks signed with another secret from now on, also those that are tried again."""
    connection.execute(update(applications).where(applications.c.client_id == client_id).values(callback_secret=secret))


def application(connection: Connection, client_id: str) -> Application | None:
    row = connection.execute(_APPLICATION, {"client_id": client_id}).mappings().one_or_none()
    return _application(row) if row is not None else None


def all_applications(connection: Connection) -> list[Application]:
    return [_application(row) for row in connection.execute(select(applications).order_by(applications.c.created)).mappings()]


def remove_application(connection: Connection, client_id: str) -> bool:
    marks.remove(connection, client_id)
    documents.forget_of_application(connection, client_id)
    agreements.forget(connection, client_id)
    grants.end_of(connection, client_id)
    return connection.execute(delete(applications).where(applications.c.client_id == client_id)).rowcount == 1


def add_signer(connection: Connection, signer: Signer) -> None:
    connection.execute(insert(signers), msgspec.structs.asdict(signer))


def signer(connection: Connection, user_id: str) -> Signer | None:
    row = connection.execute(_SIGNER, {"user_id": user_id}).mappings().one_or_none()
    return Signer(**row) if row is not None else None


def choose_language(connection: Connection, user_id: str, language: str) -> None:
    """Keep the language that a signer has chosen; pushes to all of the signer's browsers speak it from now on."""
    connection.execute(update(signers).where(signers.c.user_id == user_id).values(language=language))
    connection.execute(update(pushed).where(pushed.c.user_id == user_id).values(language=language))


def add_passkey(connection: Connection, passkey: Passkey) -> None:
    connection.execute(insert(passkeys), msgspec.structs.asdict(passkey))


def passkey(connection: Connection, passkey_id: bytes) -> Passkey | None:
    row = connection.execute(_PASSKEY, {"passkey_id": passkey_id}).mappings().one_or_none()
    return Passkey(**row) if row is not None else None


def passkeys_for(connection: Connection, enrollment_id: str) -> list[Passkey]:
    """List the passkeys that may approve for the keys of one enrolment."""
    return [Passkey(**row) for row in connection.execute(_PASSKEYS_FOR, {"enrollment_id": enrollment_id}).mappings()]


def passkeys_of(connection: Connection, user_id: str) -> list[Passkey]:
    return [Passkey(**row) for row in connection.execute(_PASSKEYS_OF, {"user_id": user_id}).mappings()]


def sign_in_with(connection: Connection, passkey: Passkey, sign_count: int, now: float) -> bool:
    """Move a passkey's counter forward and remember when it was used, if nothing moved the counter since it was read."""
    values = {"which": passkey.passkey_id, "old": passkey.sign_count, "new": sign_count, "now": int(now)}
    return connection.execute(_SIGNED_IN, values).rowcount == 1


def mark_used(connection: Connection, passkey_id: bytes, now: float) -> str | None:
    """Remember that a passkey has just approved something, and give the name of its device; None where there is no such passkey."""
    connection.execute(_USED, {"which": passkey_id, "now": int(now)})
    used = passkey(connection, passkey_id)
    return used.name if used is not None else None


def rename_passkey(connection: Connection, passkey_id: bytes, old: str, new: str) -> bool:
    """Give a device another name, if it still has the old one."""
    renaming = update(passkeys).where(passkeys.c.passkey_id == passkey_id, passkeys.c.name == old).values(name=new)
    return connection.execute(renaming).rowcount == 1


def remove_passkey(connection: Connection, passkey_id: bytes) -> None:
    """Delete a passkey; its device gets no push any more."""
    subscriptions.remove_of_passkey(connection, passkey_id)
    connection.execute(delete(passkeys).where(passkeys.c.passkey_id == passkey_id))


def all_signers(connection: Connection) -> list[Signer]:
    return [Signer(**row) for row in connection.execute(select(signers).order_by(signers.c.created, signers.c.user_id)).mappings()]


def _application(row: RowMapping) -> Application:
    read: dict[str, Any] = {name: msgspec.json.decode(row[name], type=tuple[str, ...]) for name in _LISTS}
    read["policy"] = msgspec.json.decode(row["policy"], type=Policy)
    return Application(**{**row, **read})


def _columns(application: Application) -> dict[str, Any]:
    encoded = {name: msgspec.json.encode(getattr(application, name)).decode() for name in (*_LISTS, "policy")}
    return msgspec.structs.asdict(application) | encoded
