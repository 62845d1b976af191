"""`natsuin credential`: the signing keys, as the SAM knows them; an operator may freeze one, and never use one."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection

from app.account.freeze import freeze_key
from app.account.standing import follow
from app.cli.access import database
from app.cli.output import Json, Refusal, answering, show
from app.cli.replacement import destroy_at_sam
from app.clock import system_clock
from app.config import Config
from app.domain.account import Event, EventKind
from app.domain.identifiers import new_id
from app.domain.parties import Credential
from app.errors import SamUnavailable
from app.services import open_services
from app.store import credentials, events
from app.store.database import Database
from hsm.messages import FOR_EVER

DAY_S = 86_400
commands = typer.Typer(help="The signing keys.", no_args_is_help=True)
CredentialId = Annotated[str, typer.Argument(help="As `signer show` tells it.")]


@commands.command("show")
def show_(credential_id: CredentialId, as_json: Json = False) -> None:
    """Show a key: whose it is, its certificate, and how it stands at the SAM."""
    with answering(as_json), database() as (config, opened):
        known(opened, credential_id)
        credential = asyncio.run(_follow(config, credential_id))
        show(describe(credential), as_json, table(describe(credential)))


@commands.command("list")
def list_(
    expiring: Annotated[bool, typer.Option("--expiring", help="Only those whose certificate ends soon and that were not renewed.")] = False,
    days: Annotated[int, typer.Option(min=1, help="How soon.")] = 30,
    as_json: Json = False,
) -> None:
    """List the keys, those whose certificate ends first before the others."""
    with answering(as_json), database() as (_, opened):
        now = system_clock()
        found = opened.read_now(credentials.all_by_end)
        if expiring:
            found = [one for one in found if one.is_ending(now, days * DAY_S)]
        shown = Table("credential_id", "user_id", "state", "valid until", "renewed by")
        for one in found:
            state = "frozen" if one.is_frozen(now) else one.state
            shown.add_row(one.credential_id, one.user_id, state, f"{datetime.fromtimestamp(one.not_after, UTC):%Y-%m-%d}", one.renewed_by)
        show([describe(one) for one in found], as_json, shown)


@commands.command()
def destroy(
    credential_id: CredentialId,
    yes: Annotated[bool, typer.Option("--yes", help="It can't be undone.")] = False,
    as_json: Json = False,
) -> None:
    """Destroy a key in the HSM, for good; what it signed before stays signed. Run it on the SAM's machine."""
    with answering(as_json), database() as (config, opened):
        credential = known(opened, credential_id)
        if not yes:
            raise Refusal(f"The key {credential_id} of {credential.user_id} would be gone for ever. Say so with --yes.")
        asyncio.run(destroy_at_sam(config, credential_id))
        opened.write_now(_record_destroyed, credential, int(system_clock()))
        destroyed = known(opened, credential_id)
        show(describe(destroyed), as_json, table(describe(destroyed)))


@commands.command()
def freeze(
    credential_id: CredentialId,
    for_s: Annotated[int | None, typer.Option("--for", min=1, help="Seconds; without it, until the signer uses it again.")] = None,
    as_json: Json = False,
) -> None:
    """Let a key sign nothing, at once; only its signer, with a passkey, or time ends it."""
    with answering(as_json), database() as (config, opened):
        credential = known(opened, credential_id)
        if credential.state != "enabled":
            raise Refusal(f"The key {credential_id} is {credential.state}: it can't sign anyway.")
        until = int(system_clock()) + for_s if for_s is not None else FOR_EVER
        frozen = asyncio.run(_freeze(config, credential, until))
        show(describe(frozen), as_json, table(describe(frozen)))


def known(opened: Database, credential_id: str) -> Credential:
    """Give a key; raises Refusal."""
    credential = opened.read_now(credentials.get, credential_id)
    if credential is None:
        raise Refusal(f"There is no key {credential_id}; `natsuin signer show USER_ID` tells a signer's keys.")
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
        "renewed_by": credential.renewed_by,
        "certificate_sha256": credential.certificate_sha256,
    }


def table(described: dict[str, Any]) -> Table:
    """Show it to people."""
    shown = Table.grid(padding=(0, 2))
    for name, value in described.items():
        if name in ("not_before", "not_after") or (name == "frozen_until" and value):
            value = f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S} UTC"
        shown.add_row(name, Text("until the signer says otherwise" if name == "frozen_until" and value is None else str(value)))
    return shown


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


async def _follow(config: Config, credential_id: str) -> Credential:
    async with open_services(config) as services:
        return await follow(services, credential_id)


async def _freeze(config: Config, credential: Credential, until: int) -> Credential:
    async with open_services(config) as services:
        try:
            return await freeze_key(services, credential, until, "operator")
        except SamUnavailable:
            raise Refusal("It is recorded, but the SAM does not answer: the web server tells it as soon as it does.") from None
