"""The signing keys, as the SAM knows them; an operator may freeze one, and never use one."""

import asyncio
from typing import Any

from app.account.freeze import freeze_key
from app.account.standing import follow
from app.clock import system_clock
from app.config import Config
from app.domain.parties import Credential
from app.errors import SamUnavailable
from app.operator.desk import Desk
from app.operator.record import recorded
from app.operator.refusal import Refusal, Unknown
from app.operator.ways import ways_of
from app.services import open_services
from app.store import credentials
from app.store.database import Database
from hsm.messages import FOR_EVER


def shown(desk: Desk, credential_id: str) -> dict[str, Any]:
    """Tell whose a key is, its certificate, how it stands at the SAM, and what may approve for it; raises Refusal, SamUnavailable."""
    known(desk.database, credential_id)
    credential = asyncio.run(_follow(desk.config, credential_id))
    return describe(credential) | {"ways": ways_of(desk.config, [credential])[credential_id]}


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
        "serial": f"{credential.certificate.serial_number:x}",
        "not_before": credential.not_before,
        "not_after": credential.not_after,
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
