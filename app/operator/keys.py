"""The signing keys, as the SAM knows them; an operator may freeze or destroy one, and never use one."""

import asyncio
from typing import Any

from sqlalchemy import Connection

from app.account.freeze import freeze_key
from app.account.standing import follow
from app.clock import system_clock
from app.config import Config
from app.domain.account import Event, EventKind
from app.domain.identifiers import new_id
from app.domain.parties import Credential
from app.errors import SamUnavailable
from app.operator.desk import Desk
from app.operator.record import recorded
from app.operator.refusal import Refusal, Unknown
from app.operator.replacement import destroy_at_sam, serial_of
from app.operator.ways import ways_of
from app.services import open_services
from app.store import credentials, events
from app.store.database import Database
from hsm.messages import FOR_EVER

DAY_S = 86_400


def shown(desk: Desk, credential_id: str) -> dict[str, Any]:
    """Tell whose a key is, its certificate, how it stands at the SAM, and what may approve for it; raises Refusal, SamUnavailable."""
    known(desk.database, credential_id)
    credential = asyncio.run(_follow(desk.config, credential_id))
    return describe(credential) | {"ways": ways_of(desk.config, [credential])[credential_id]}


def listed(desk: Desk, ending_within_days: int | None = None) -> list[dict[str, Any]]:
    """List the keys, or those whose certificate ends so soon and that were not renewed; those that end first before the others."""
    found = desk.database.read_now(credentials.all_by_end)
    if ending_within_days is not None:
        found = [one for one in found if one.is_ending(system_clock(), ending_within_days * DAY_S)]
    return [describe(one) for one in found]


def destroy(desk: Desk, credential_id: str) -> dict[str, Any]:
    """Have a key destroyed in the HSM, for good; what it signed before stays signed. Raises Refusal."""
    with recorded(desk, "credential destroy", credential_id):
        credential = known(desk.database, credential_id)
        asyncio.run(destroy_at_sam(desk.config, credential_id))
        desk.database.write_now(_record_destroyed, credential, int(system_clock()))
        return describe(known(desk.database, credential_id))


def freeze(desk: Desk, credential_id: str, for_s: int | None) -> dict[str, Any]:
    """Let a key sign nothing, for some seconds or until its signer uses it again; raises Refusal."""
    with recorded(desk, "credential freeze", credential_id):
        credential = known(desk.database, credential_id)
        if credential.state != "enabled":
            raise Refusal(f"The key {credential_id} is {credential.state}: it can't sign anyway.")
        until = int(system_clock()) + for_s if for_s is not None else FOR_EVER
        return describe(asyncio.run(_freeze(desk.config, credential, until)))


def known(opened: Database, credential_id: str) -> Credential:
    """Give a key; raises Unknown."""
    credential = opened.read_now(credentials.get, credential_id)
    if credential is None:
        raise Unknown(f"There is no key {credential_id}; `natsuin signer show USER_ID` tells a signer's keys.")
    return credential


def describe(credential: Credential) -> dict[str, Any]:
    """Say what a key is; `frozen_until` is 0 where it is not, and null where its signer ends it."""
    frozen = credential.is_frozen(system_clock())
    return {
        "credential_id": credential.credential_id,
        "user_id": credential.user_id,
        "state": credential.state,
        "frozen_until": (credential.frozen_until if credential.frozen_until < FOR_EVER else None) if frozen else 0,
        "frozen_by": credential.frozen_by if frozen else None,
        "key_algorithm": credential.key_algorithm,
        "subject": credential.subject,
        "issuer": credential.certificate.issuer.rfc4514_string(),
        "serial": serial_of(credential),
        "not_before": credential.not_before,
        "not_after": credential.not_after,
        "renewed_by": credential.renewed_by,
        "certificate_sha256": credential.certificate_sha256,
    }


async def _follow(config: Config, credential_id: str) -> Credential:
    async with open_services(config) as services:
        return await follow(services, credential_id)


async def _freeze(config: Config, credential: Credential, until: int) -> Credential:
    async with open_services(config) as services:
        try:
            return await freeze_key(services, credential, until, "operator")
        except SamUnavailable:
            raise Refusal("It is recorded, but the SAM does not answer: the web server tells it as soon as it does.") from None


def _record_destroyed(connection: Connection, credential: Credential, now: int) -> None:
    if credential.state == "destroyed":
        return
    credentials.destroy(connection, credential.credential_id)
    event = Event(
        id=new_id(),
        user_id=credential.user_id,
        at=now,
        kind=EventKind.KEY_DESTROYED,
        credential_id=credential.credential_id,
        cause="operator",
    )
    events.add(connection, event)
