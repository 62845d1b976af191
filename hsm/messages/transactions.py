"""
Transactions, their canonical bytes and their challenges.

A transaction is what the signer is shown, what the passkey signs, what the SAM checks and what the journal keeps: one set of bytes,
RFC 8785 JSON.
"""

import hashlib
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from hsm.messages.contents import Content
from hsm.messages.types import (
    MAX_DOCUMENTS,
    MAX_TRANSACTION_BYTES,
    Digest,
    Id,
    KeyAlgorithm,
    Label,
    Name,
    Nonce,
    Oid,
    Sha256Hex,
    Text,
    UnixTime,
    UserId,
    is_plain_text,
)


def canonical(value: Any) -> bytes:
    """
    Encode as RFC 8785 JSON what is made of strings, integers, lists and objects with ASCII keys.

    For these, sorted keys and the shortest escapes are all that the standard asks; a test compares with an implementation of the whole.
    """
    return msgspec.json.encode(value, order="sorted")


class NotCanonical(ValueError):
    """The bytes are not a transaction in its one canonical form; nothing that they say may be used."""


class Document(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """
    One thing to be signed: the label the application gave it, and the digest that the key will sign (DTBS/R).

    `content` is there where the signer can open the file.
    """

    label: Label
    hash: Digest
    content: Content | None = None


class Transaction(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    """What every transaction carries; `nonce` is made by the server, so that no challenge is ever asked twice."""

    domain: ClassVar[bytes]

    version: Literal[1]
    id: Id
    nonce: Nonce
    signer: UserId
    created: UnixTime
    expires: UnixTime

    def encode(self) -> bytes:
        """Give the canonical bytes."""
        return canonical(self)

    def texts(self) -> tuple[str, ...]:
        """List every text in it that a person will read."""
        raise NotImplementedError


class SignTransaction(Transaction, frozen=True, tag="sign"):
    """A signature over `documents`, asked by one application of one signer."""

    domain: ClassVar[bytes] = b"natsuin/v1/sign\x00"

    credential_id: Id
    application_id: Id
    application_name: Name
    certificate_sha256: Sha256Hex
    hash_algorithm: Oid
    documents: Annotated[tuple[Document, ...], Meta(min_length=1, max_length=MAX_DOCUMENTS)]
    description: Text

    def texts(self) -> tuple[str, ...]:
        return (self.application_name, self.description, *(document.label for document in self.documents))


class EnrollTransaction(Transaction, frozen=True, tag="enroll"):
    """
    A new key for a signer, bound to the passkey that answers this challenge.

    Its id names the enrolment from then on: what belongs to one enrolment, keys and passkeys, belongs to the one person who was identified
    for it.
    """

    domain: ClassVar[bytes] = b"natsuin/v1/enroll\x00"

    credential_id: Id
    signer_name: Name
    user_handle: Annotated[bytes, Meta(min_length=16, max_length=64)]  # WebAuthn user.id
    key_algorithm: KeyAlgorithm

    def texts(self) -> tuple[str, ...]:
        return (self.signer_name,)


class NewPasskeyTransaction(Transaction, frozen=True, tag="new_passkey"):
    """What a passkey that is to be added answers when it is made. It grants nothing: an AddPasskeyTransaction must be approved for it."""

    domain: ClassVar[bytes] = b"natsuin/v1/new-passkey\x00"

    enrollment_id: Id

    def texts(self) -> tuple[str, ...]:
        return ()


AnyTransaction = TypeVar("AnyTransaction", bound=Transaction)


def parse_transaction(raw: bytes, kind: type[AnyTransaction]) -> AnyTransaction:
    """
    Read a transaction from the bytes that were signed over, accepting only its one canonical form.

    Raises:
        NotCanonical: not this kind of transaction, over a limit, unclean text, or another encoding of the same content.
    """
    if len(raw) > MAX_TRANSACTION_BYTES:
        raise NotCanonical("too large")
    try:
        transaction = msgspec.json.decode(raw, type=kind)
    except (ValueError, RecursionError) as error:  # bytes that are not UTF-8 are not always a MsgspecError
        raise NotCanonical(str(error)) from None
    if transaction.encode() != raw:
        raise NotCanonical("not in canonical form")
    if not all(is_plain_text(text) for text in transaction.texts()):
        raise NotCanonical("text with control, bidi or zero-width characters")
    return transaction


def read_transaction(raw: bytes, kind: type[AnyTransaction]) -> AnyTransaction:
    """Read a transaction from bytes that `parse_transaction` has accepted before, and that a seal has kept since."""
    return msgspec.json.decode(raw, type=kind)


def challenge(kind: type[Transaction], raw: bytes) -> bytes:
    """Derive the WebAuthn challenge (32 bytes) of a transaction from its canonical bytes."""
    return hashlib.sha256(kind.domain + raw).digest()
