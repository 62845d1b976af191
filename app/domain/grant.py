"""What an application was or may be granted over OAuth 2.0, from the request that it pushed to the tokens that came of it."""

from enum import StrEnum

from msgspec import Struct


class Step(StrEnum):
    """Where a grant stands; `given` is good until it is revoked or its time is over."""

    PUSHED = "pushed"
    ASKED = "asked"  # its signer is there, or was told
    AGREED = "agreed"
    REFUSED = "refused"
    CODED = "coded"  # an authorization code is on its way, and was not redeemed yet
    GIVEN = "given"
    OVER = "over"


class GrantRequest(Struct, frozen=True, kw_only=True):
    """
    What the application sent; `ask` is what the signer approves, encoded, and `details` the RAR object as it came.

    `account` is whom the application named; `jkt` the key that its tokens are to be bound to (RFC 9449 §10).
    """

    redirect_uri: str = ""
    app_state: str | None = None
    code_challenge: str = ""
    jkt: str | None = None
    ask: bytes | None = None
    details: dict[str, object] | None = None
    account: str | None = None
    openid: bool = False


class Grant(Struct, frozen=True, kw_only=True):
    """
    One grant; times are unix seconds, `expires` the end of the step at which it stands.

    `session_sha256` is the browser session that brought the request. Tokens are bound to `jkt` (RFC 9449 §6.1) or `x5t` (RFC 8705 §3.1).
    """

    id: str
    client_id: str
    kind: str
    scope: str
    state: Step
    created: int
    expires: int
    request: GrantRequest
    user_id: str | None = None
    session_sha256: bytes | None = None
    authorization_id: str | None = None
    code_sha256: bytes | None = None
    token_sha256: bytes | None = None
    refresh_sha256: bytes | None = None
    jkt: str | None = None
    x5t: str | None = None
