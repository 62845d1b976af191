"""`natsuin token`: one-time-password tokens as their maker delivered them; the seeds go to the SAM, and nobody reads them again."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from app.cli.output import Json, Refusal, answering, show
from app.config import Config, read_config
from app.errors import SamRefused
from app.sam import connect_as_operator
from hsm.messages import ErrorCode, ImportTokensRequest, TokenInfo

commands = typer.Typer(help="One-time-password tokens.", no_args_is_help=True)


@commands.command("import")
def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="PSKC (RFC 6030), or CSV.")],
    key_stdin: Annotated[bool, typer.Option("--key-stdin", help="Read the key that the file is encrypted under, in hex.")] = False,
    passphrase_stdin: Annotated[bool, typer.Option("--passphrase-stdin", help="Read the passphrase that it is encrypted under.")] = False,
    as_json: Json = False,
) -> None:
    """Take in the tokens of a file, all or none; then delete the file, for it holds their seeds."""
    with answering(as_json):
        if key_stdin and passphrase_stdin:
            raise Refusal("A file is encrypted under a key or under a passphrase.")
        content = file.read_bytes()
        secret = sys.stdin.readline().strip() if key_stdin or passphrase_stdin else None
        request = ImportTokensRequest(
            format="pskc" if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else "csv",
            file=content,
            key=_key(secret) if key_stdin and secret is not None else None,
            passphrase=secret if passphrase_stdin else None,
        )
        imported = asyncio.run(_import(read_config(), request))
        show({"imported": imported}, as_json, f"{imported} tokens are taken in. Delete {file}: it holds their seeds.")


@commands.command("list")
def list_(as_json: Json = False) -> None:
    """List the tokens, without their seeds."""
    with answering(as_json):
        found = asyncio.run(_list(read_config()))
        table = Table("serial", "kind", "state", "whose", "id")
        for one in found:
            table.add_row(Text(one.serial), one.kind, one.state, one.enrollment_id or "", one.token_id)
        show(msgspec.to_builtins(found), as_json, table)


def _key(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise Refusal("The key must be hexadecimal digits.") from None


async def _import(config: Config, request: ImportTokensRequest) -> int:
    door = connect_as_operator(config)
    try:
        return (await door.import_tokens(request)).imported
    except SamRefused as refusal:
        if refusal.code is ErrorCode.MALFORMED:
            raise Refusal("\n".join(("Nothing was taken in.", *refusal.problems))) from None
        raise Refusal(f"Nothing was taken in: {refusal.code}.") from None
    finally:
        await door.close()


async def _list(config: Config) -> list[TokenInfo]:
    door, found, after = connect_as_operator(config), list[TokenInfo](), None
    try:
        while True:
            reply = await door.list_tokens(after)
            found += reply.tokens
            if not reply.more:
                return found
            after = reply.tokens[-1].token_id
    finally:
        await door.close()
