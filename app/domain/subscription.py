"""A browser that takes pushes for a signer, and one push to it: about an authorization, or about the signer's key."""

from msgspec import Struct

MINUTES_10_S = 600


class Subscription(Struct, frozen=True, kw_only=True):
    """
    Where a browser takes pushes (W3C Push API `PushSubscription`), whose it is, and what is known of it; times are unix seconds, 0: never.

    `session_sha256` and `passkey_id` are those that it was last signed in with; `refused` is the HTTP status with which its push service
    refused us, 0 where it does not.
    """

    id: str
    user_id: str
    passkey_id: bytes
    session_sha256: bytes
    endpoint: str
    p256dh: bytes
    auth: bytes
    language: str
    agent: str
    created: int
    last_success: int = 0
    last_seen: int = 0
    refused: int = 0


class Notice(Struct, frozen=True, kw_only=True):
    """
    One authorization as it is told to one browser, the next to get a push about it.

    `kind` is request; or what takes that one's place: over, reported (refused as not expected), later (put off by its signer).
    """

    id: str
    authorization_id: str
    subscription: Subscription
    kind: str
    attempts: int
    expires: int

    @property
    def is_over(self) -> bool:
        """Whether nothing is asked any more by a push about it."""
        return self.kind != "request"


class EventPush(Struct, frozen=True, kw_only=True):
    """What one browser is to be told about its signer's key, until then (unix seconds): that something happened, and not what."""

    id: str
    subscription: Subscription
    attempts: int
    expires: int
