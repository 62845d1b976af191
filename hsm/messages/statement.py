"""
The signed statement: what the journal tells of one enrolment, with proofs that it is in the tree, signed by a key that does nothing else.

The form is a JWS in flattened JSON (RFC 7515 §7.2.2, ES256); its payload is the canonical JSON of `Statement`. The tree is RFC 6962's.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from hsm.messages.types import Id, Sha256Hex, UnixTime

STATEMENT_TYPE: Final = "natsuin-statement+json"
MAX_STATEMENT_ENTRIES = 200
MAX_STATEMENT_BYTES = 1_000_000


class StatementRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """
    Ask what the journal tells of the enrolment to which a key belongs, from its entry number `first` on, counted within it.

    A statement holds at most MAX_STATEMENT_ENTRIES entries, and ends sooner where they reach MAX_STATEMENT_BYTES. It grants nothing.
    """

    credential_id: Id
    first: Annotated[int, Meta(ge=0, lt=2**53)] = 0


class StatementReply(Struct, frozen=True):
    """`statement` is the JWS, in JSON; `next` is where the next one begins, None at the end."""

    statement: bytes
    next: int | None


class ProvenEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of the journal: its number, its bytes, and its audit path (RFC 6962 §2.1.1), from its sibling upwards."""

    number: int
    entry: bytes
    path: tuple[bytes, ...]


class TreeHead(Struct, frozen=True, forbid_unknown_fields=True):
    """The journal as it was: how many entries, and the root over them all."""

    size: int
    root_sha256: Sha256Hex


class Statement(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    The payload: entries `first` to `first + len(entries)` of the `total` that tell of one enrolment, when it was made.

    Refused calls to the SAM are not among them: what they say, whoever sent them has chosen.
    """

    version: Literal[1] = 1
    enrollment_id: Id
    made: UnixTime
    tree: TreeHead
    first: int
    total: int
    entries: tuple[ProvenEntry, ...]


class Header(Struct, frozen=True):
    """The protected header; `kid` is the SHA-256 of the key (SubjectPublicKeyInfo, DER), in hex, and `jwk` the key (RFC 7517)."""

    alg: Literal["ES256"]
    typ: Literal["natsuin-statement+json"]
    kid: Sha256Hex
    jwk: "Jwk"


class Jwk(Struct, frozen=True):
    """A P-256 public key; coordinates are base64url."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: str
    y: str


class Jws(Struct, frozen=True, forbid_unknown_fields=True):
    """Three texts in base64url without padding."""

    protected: str
    payload: str
    signature: str
