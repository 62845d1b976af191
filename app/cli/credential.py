"""`natsuin credential`: the signing keys, as the SAM knows them; an operator may freeze one, and never use one."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from app.account.freeze import freeze_key
from app.account.standing import follow
from app.cli.access import database
from app.cli.output import Json, Refusal, answering, show
from app.cli.ways import in_words, ways_of
from app.clock import system_clock
from app.config import Config
from app.domain.parties import Credential
from app.errors import SamUnavailable
from app.services import open_services
from app.store import credentials
from app.store.database import Database
from hsm.messages import FOR_EVER

commands = typer.Typer(help="The signing keys.", no_args_is_help=True)
CredentialId = Annotated[str, typer.Argument(help="As `signer show` tells it.")]


@commands.command("show")
def show_(credential_id: CredentialId, as_json: Json = False) -> None:
    """Show a key: whose it is, its certificate, how it stands at the SAM, and what may approve for it."""
    with answering(as_json), database() as (config, opened):
        known(opened, credential_id)
        credential = asyncio.run(_follow(config, credential_id))
        ways = ways_of(config, [credential])[credential_id]
        shown = table(describe(credential))
        shown.add_row("ways", Text(in_words(ways)))
        show(describe(credential) | {"ways": ways}, as_json, shown)


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


async def _follow(config: Config, credential_id: str) -> Credential:
    async with open_services(config) as services:
        return await follow(services, credential_id)


async def _freeze(config: Config, credential: Credential, until: int) -> Credential:
    async with open_services(config) as services:
        try:
            return await freeze_key(services, credential, until, "operator")
        except SamUnavailable:
            raise Refusal("It is recorded, but the SAM does not answer: the web server tells it as soon as it does.") from None
