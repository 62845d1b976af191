"""The messages of the operator's door, which the web server has no part in."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from hsm.messages.otp import TokenInfo
from hsm.messages.types import Id, UserId


class ImportTokensRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Take in the seeds of a file, all or none: PSKC (RFC 6030), with the key or the passphrase that it is encrypted under, or CSV."""

    format: Literal["pskc", "csv"]
    file: bytes
    key: Annotated[bytes, Meta(max_length=64)] | None = None
    passphrase: Annotated[str, Meta(max_length=1_000)] | None = None

    def __repr__(self) -> str:
        return f"<ImportTokensRequest {self.format}>"


class ImportTokensReply(Struct, frozen=True):
    """How many there were."""

    imported: int


class ListTokensRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Ask for the tokens that come after this one; without, for the first ones."""

    after: Id | None = None


class ReplaceRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """
    When the key of this enrolment, which is still to come, has its certificate, all keys that the signer has until then are destroyed.

    For a person who has lost everything, and was identified anew. A later request for the same signer takes its place.
    """

    signer: UserId
    enrollment_id: Id


class ReplaceReply(Struct, frozen=True):
    """The keys that will go."""

    credential_ids: tuple[Id, ...]


class DestroyRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Destroy a key, for good. It grants nothing, so it needs no proof; but it can't be undone, so only the operator may ask."""

    credential_id: Id


class DestroyReply(Struct, frozen=True):
    """It is gone from the token: a search has shown that."""


class ListTokensReply(Struct, frozen=True):
    """At most 1,000, in the order of their ids; `more` says that others come after the last."""

    tokens: tuple[TokenInfo, ...]
    more: bool
