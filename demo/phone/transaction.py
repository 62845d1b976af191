"""What the signer is asked to approve, read as distrustfully as a phone should: the bytes that were hashed are the ones that are shown."""

import base64
import hashlib
from typing import Annotated, Any, Literal, TypeVar

import msgspec
import rfc8785

from demo.passkey import from_base64url, to_base64url
from demo.phone.contents import Content
from demo.phone.errors import TransactionRefused

SIGN_DOMAIN = b"natsuin/v1/sign\x00"

Kind = TypeVar("Kind", bound=msgspec.Struct)
UnixTime = Annotated[int, msgspec.Meta(ge=0, lt=253_402_300_800)]
"""Seconds, up to the year 9999."""


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    hash: str
    """Base64 of the digest that will be signed."""
    label: str | None
    content: Content | None = None
    """Where the signer can open the file."""

    def __post_init__(self) -> None:
        base64.b64decode(self.hash, validate=True)

    @property
    def fingerprint(self) -> str:
        """The digest in hexadecimal groups of four, as people compare it."""
        digest = base64.b64decode(self.hash).hex()
        return " ".join(digest[start : start + 4] for start in range(0, len(digest), 4))


class Transaction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Version 1 of a signing transaction; a field that is not here cannot be shown, so a transaction that has it is refused."""

    application_id: str
    application_name: str
    certificate_sha256: str
    created: UnixTime
    credential_id: str
    description: str | None
    documents: list[Document]
    expires: UnixTime
    hash_algorithm: str
    id: str
    nonce: str
    signer: str
    type: Literal["sign"]
    version: Literal[1]


class ApprovalToken(msgspec.Struct, frozen=True):
    """A one-time-password token that may approve; `challenge` is what an OCRA token is asked, `ending` of its serial number."""

    id: str
    kind: str
    digits: int
    ending: str | None = None
    suite: str | None = None
    challenge: str | None = None


class ApprovalOtp(msgspec.Struct, frozen=True):
    """The tokens that may approve; none while they are `locked` after too many wrong tries."""

    tokens: tuple[ApprovalToken, ...]
    locked: bool


class Authorization(msgspec.Struct, frozen=True):
    """
    One look at an authorization; `public_key` are the WebAuthn request options, None once it has ended.

    `otp` is None where only a passkey may approve.
    """

    id: str
    state: str
    transaction: Transaction
    challenge: str
    """What an approval signs, computed here from what is shown; base64url."""
    public_key: dict[str, Any] | None
    code_digits: int
    expires_in_s: int = msgspec.field(name="expires_in")
    otp: ApprovalOtp | None = None


def read_transaction(canonical: bytes, authorization_id: str) -> Transaction:
    """
    Parse the canonical bytes of the transaction of this authorization.

    Raises:
        TransactionRefused: another one, not of version 1, or not in the one encoding of RFC 8785, so that others might read it otherwise.
    """
    transaction = read_canonical(canonical, Transaction)
    if transaction.id != authorization_id:
        raise TransactionRefused("the server shows another transaction than the one that was asked for")
    return transaction


def read_canonical(canonical: bytes, kind: type[Kind]) -> Kind:
    """
    Parse canonical bytes as this kind of transaction.

    Raises:
        TransactionRefused: another kind, or not in the one encoding of RFC 8785, so that others might read it otherwise.
    """
    try:
        transaction = msgspec.json.decode(canonical, type=kind)
        again = rfc8785.dumps(msgspec.to_builtins(transaction))
    except (msgspec.DecodeError, UnicodeDecodeError, rfc8785.CanonicalizationError) as error:
        raise TransactionRefused("the transaction cannot be read") from error
    if again != canonical:
        raise TransactionRefused("the transaction is not in canonical form")
    return transaction


def compute_challenge(canonical: bytes, domain: bytes = SIGN_DOMAIN) -> str:
    """The challenge that an approval of these bytes must sign, base64url."""
    return to_base64url(hashlib.sha256(domain + canonical).digest())


def check_challenge(challenge: str, public_key: dict[str, Any]) -> None:
    """
    See that the passkey is asked to sign this transaction and nothing else.

    Raises:
        TransactionRefused: it is asked to sign something else.
    """
    if public_key.get("challenge") != challenge:
        raise TransactionRefused("what is shown is not what the passkey is asked to sign")


def decode_canonical(encoded: str) -> bytes:
    """
    Undo the base64url around the canonical bytes.

    Raises:
        TransactionRefused: it is not base64url.
    """
    try:
        return from_base64url(encoded)
    except ValueError as error:
        raise TransactionRefused("the transaction cannot be read") from error
