"""One-time-password tokens as their maker delivered them; the seeds go to the SAM's operator's door, and nobody reads them again."""

import asyncio
from typing import Any

import msgspec

from app.config import Config
from app.errors import SamRefused
from app.operator.desk import Desk
from app.operator.record import recorded
from app.operator.refusal import Refusal
from app.sam import connect_as_operator
from hsm.messages import ErrorCode, ImportTokensRequest, TokenInfo


def take_in(desk: Desk, file: bytes, *, key: str | None, passphrase: str | None) -> dict[str, Any]:
    """Take in the tokens of a file, all or none; `key` is in hex. Raises Refusal, SamUnavailable."""
    if key is not None and passphrase is not None:
        raise Refusal("A file is encrypted under a key or under a passphrase.")
    request = ImportTokensRequest(
        format="pskc" if file.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else "csv",
        file=file,
        key=_key(key) if key is not None else None,
        passphrase=passphrase,
    )
    with recorded(desk, "token import", request.format):
        return {"imported": asyncio.run(_import(desk.config, request))}


def listed(config: Config) -> list[TokenInfo]:
    """List the tokens, without their seeds; raises SamUnavailable."""
    return asyncio.run(_list(config))


def told(found: list[TokenInfo]) -> Any:
    """Put tokens in the words of JSON."""
    return msgspec.to_builtins(found)


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
