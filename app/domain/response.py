"""An answer that an application fetches later: what is to be done, until it is done; then what came of it."""

from msgspec import Struct


class Response(Struct, frozen=True, kw_only=True):
    """
    `state` is working, done or failed; `content` is the encrypted request while it is working, else the encrypted answer.

    Whoever works on it has it until `claimed_until`; nothing is left of it after `keep_until` (unix seconds). `grant_id` is there where a
    token of scope `credential` asked for it.
    """

    id: str
    application_id: str
    user_id: str
    state: str
    content: bytes
    claimed_until: int
    keep_until: int
    grant_id: str | None = None
