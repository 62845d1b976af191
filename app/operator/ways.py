"""What a signer may approve with beside a passkey, as the SAM tells it, for the operator; no PIN, code or seed is to be had."""

import asyncio
from typing import Any

from app.config import Config
from app.domain.parties import Credential
from app.errors import SamRefused, SamUnavailable
from app.sam import connect


def ways_of(config: Config, held: list[Credential]) -> dict[str, dict[str, Any] | None]:
    """Say for each key, by its id, what it may be used with and how PIN and tokens stand; None where the SAM does not say."""
    return asyncio.run(_ways_of(config, held))


async def _ways_of(config: Config, held: list[Credential]) -> dict[str, dict[str, Any] | None]:
    sam = connect(config)
    found: dict[str, dict[str, Any] | None] = {}
    try:
        for one in held:
            try:
                reply = await sam.tokens(one.credential_id)
            except (SamUnavailable, SamRefused):
                found[one.credential_id] = None
                continue
            tokens = [
                {"id": token.token_id, "serial": None if token.serial == token.token_id else token.serial, "kind": token.kind}
                for token in reply.tokens
                if token.state == "active"
            ]
            found[one.credential_id] = {
                "factors": reply.factors,
                "has_pin": reply.has_pin,
                "locked": reply.locked,
                "tokens": tokens,
            }
    finally:
        await sam.close()
    return found
