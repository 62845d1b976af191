"""The receipt that a signer signs for a key and its certificate; the service itself is the application that asks for it."""

import hashlib

from msgspec import Struct

from app.domain.parties import Application

SERVICE_ID = "natsuin-service-itself"
"""The service as an application: on no record, so nobody can log in with it or remove it; no id that is given out is like it."""


class Receipt(Struct, frozen=True, kw_only=True):
    """
    One key's receipt; there is at most one for a key.

    `state` is draft (composed, may be composed anew), asked (the authorization is under way) or signed. The PDF, beside this in SQL, has a
    hole from `hole_start` to `hole_end` until it is signed; `signed_attributes` are what is signed. `sad` is kept while the key is being
    activated, so that after a crash the same activation can be asked for again; it opens no other.
    """

    credential_id: str
    user_id: str
    state: str = "draft"
    authorization_id: str | None = None
    original_bytes: int
    hole_start: int
    hole_end: int
    signed_attributes: bytes
    sad: str | None = None
    composed: int
    signed_at: int | None = None

    @property
    def digest(self) -> bytes:
        """What the key signs: SHA-256."""
        return hashlib.sha256(self.signed_attributes).digest()


def service_application(name: str) -> Application:
    """Give the service as the application that asks for receipts."""
    return Application(SERVICE_ID, name, secret_sha256=b"", asks_code=False, created=0)
