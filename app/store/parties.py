"""Applications, signers, credentials and passkeys in SQL."""

from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from app.domain.parties import Application, Credential, Passkey, Signer
from app.store.tables import applications, credentials, passkeys, signers

_APPLICATION = select(applications).where(applications.c.client_id == bindparam("client_id"))
_SIGNER = select(signers).where(signers.c.user_id == bindparam("user_id"))
_CREDENTIAL = select(credentials).where(credentials.c.credential_id == bindparam("credential_id"))
_CREDENTIALS_OF = select(credentials).where(credentials.c.user_id == bindparam("user_id")).order_by(credentials.c.created)
_PASSKEY = select(passkeys).where(passkeys.c.passkey_id == bindparam("passkey_id"))
_PASSKEYS_FOR = select(passkeys).where(passkeys.c.credential_id == bindparam("credential_id")).order_by(passkeys.c.created)
_ADVANCE = (
    update(passkeys)
    .where(passkeys.c.passkey_id == bindparam("which"), passkeys.c.sign_count == bindparam("old"))
    .values(sign_count=bindparam("new"))
)


def add_application(connection: Connection, application: Application) -> None:
    connection.execute(insert(applications), msgspec.structs.asdict(application))


def application(connection: Connection, client_id: str) -> Application | None:
    row = connection.execute(_APPLICATION, {"client_id": client_id}).mappings().one_or_none()
    return Application(**row) if row is not None else None


def all_applications(connection: Connection) -> list[Application]:
    return [Application(**row) for row in connection.execute(select(applications).order_by(applications.c.created)).mappings()]


def remove_application(connection: Connection, client_id: str) -> bool:
    return connection.execute(delete(applications).where(applications.c.client_id == client_id)).rowcount == 1


def add_signer(connection: Connection, signer: Signer) -> None:
    connection.execute(insert(signers), msgspec.structs.asdict(signer))


def signer(connection: Connection, user_id: str) -> Signer | None:
    row = connection.execute(_SIGNER, {"user_id": user_id}).mappings().one_or_none()
    return Signer(**row) if row is not None else None


def add_credential(connection: Connection, credential: Credential) -> None:
    values = msgspec.structs.asdict(credential) | {"certificates": msgspec.json.encode(credential.certificates)}
    connection.execute(insert(credentials), values)


def credential(connection: Connection, credential_id: str) -> Credential | None:
    row = connection.execute(_CREDENTIAL, {"credential_id": credential_id}).mappings().one_or_none()
    return _credential(row) if row is not None else None


def credentials_of(connection: Connection, user_id: str) -> list[Credential]:
    return [_credential(row) for row in connection.execute(_CREDENTIALS_OF, {"user_id": user_id}).mappings()]


def add_passkey(connection: Connection, passkey: Passkey) -> None:
    connection.execute(insert(passkeys), msgspec.structs.asdict(passkey))


def passkey(connection: Connection, passkey_id: bytes) -> Passkey | None:
    row = connection.execute(_PASSKEY, {"passkey_id": passkey_id}).mappings().one_or_none()
    return Passkey(**row) if row is not None else None


def passkeys_for(connection: Connection, credential_id: str) -> list[Passkey]:
    """List the passkeys that may approve for a credential."""
    return [Passkey(**row) for row in connection.execute(_PASSKEYS_FOR, {"credential_id": credential_id}).mappings()]


def passkeys_of(connection: Connection, user_id: str) -> list[Passkey]:
    return [Passkey(**row) for row in connection.execute(select(passkeys).where(passkeys.c.user_id == user_id)).mappings()]


def advance_counter(connection: Connection, passkey: Passkey, sign_count: int) -> bool:
    """Move a passkey's counter forward, if nothing moved it since it was read."""
    return connection.execute(_ADVANCE, {"which": passkey.passkey_id, "old": passkey.sign_count, "new": sign_count}).rowcount == 1


def _credential(row: Any) -> Credential:
    return Credential(**{**row, "certificates": msgspec.json.decode(row["certificates"], type=tuple[bytes, ...])})
