"""The messages of the operator's door, which the web server has no part in."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from hsm.messages.otp import TokenInfo
from hsm.messages.types import Id


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


class ListTokensReply(Struct, frozen=True):
    """At most 1,000, in the order of their ids; `more` says that others come after the last."""

    tokens: tuple[TokenInfo, ...]
    more: bool
