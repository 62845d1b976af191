"""
The wire between `app` and `hsm`: transactions, their canonical bytes, their challenges, and the message of each operation.

A transaction is what the signer is shown, what the passkey signs, what the SAM checks and what the journal keeps: one set of bytes,
RFC 8785 JSON. This is the only module that both sides import; it does no input or output.
"""

import hashlib
import unicodedata
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

MAX_DESCRIPTION_CHARACTERS = 500  # CSC 2.0 §11.7, description
MAX_LABEL_CHARACTERS = 100
MAX_NAME_CHARACTERS = 100
MAX_DOCUMENTS = 100
MAX_TRANSACTION_BYTES = 200_000
# Letters that show nothing, though Unicode counts them as printable: joiners and fillers.
INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
MAX_LIFE_S = 30 * 86_400  # the longest an authorization may wait for its signer

Id = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{22}\Z")]  # 128 random bits, base64url
Nonce = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{43}\Z")]  # 32 random bytes, base64url: WebAuthn L3 §13.4.3
UserId = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9._@+-]{1,64}\Z")]
Oid = Annotated[str, Meta(pattern=r"\A[0-9]+(\.[0-9]+){1,30}\Z", max_length=100)]
Text = Annotated[str, Meta(max_length=MAX_DESCRIPTION_CHARACTERS)]
Label = Annotated[str, Meta(max_length=MAX_LABEL_CHARACTERS)]
Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_CHARACTERS)]
Digest = Annotated[bytes, Meta(min_length=32, max_length=64)]
UnixTime = Annotated[int, Meta(ge=0, lt=2**53)]
Sha256Hex = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
KeyAlgorithm = Literal["rsa-2048", "rsa-3072", "rsa-4096", "p-256", "p-384"]


def canonical(value: Any) -> bytes:
    """
    Encode as RFC 8785 JSON what is made of strings, integers, lists and objects with ASCII keys.

    For these, sorted keys and the shortest escapes are all that the standard asks; a test compares with an implementation of the whole.
    """
    return msgspec.json.encode(value, order="sorted")


class NotCanonical(ValueError):
    """The bytes are not a transaction in its one canonical form; nothing that they say may be used."""


class Document(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing to be signed: the label the application gave it, and the digest that the key will sign (DTBS/R)."""

    label: Label
    hash: Digest


class Transaction(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    """What every transaction carries; `nonce` is made by the server, so that no challenge is ever asked twice."""

    domain: ClassVar[bytes]

    version: Literal[1]
    id: Id
    nonce: Nonce
    signer: UserId
    credential_id: Id
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

    application_id: Id
    application_name: Name
    certificate_sha256: Sha256Hex
    hash_algorithm: Oid
    documents: Annotated[tuple[Document, ...], Meta(min_length=1, max_length=MAX_DOCUMENTS)]
    description: Text

    def texts(self) -> tuple[str, ...]:
        return (self.application_name, self.description, *(document.label for document in self.documents))


class EnrollTransaction(Transaction, frozen=True, tag="enroll"):
    """A new key for a signer, bound to the passkey that answers this challenge."""

    domain: ClassVar[bytes] = b"natsuin/v1/enroll\x00"

    signer_name: Name
    user_handle: Annotated[bytes, Meta(min_length=16, max_length=64)]  # WebAuthn user.id
    key_algorithm: KeyAlgorithm

    def texts(self) -> tuple[str, ...]:
        return (self.signer_name,)


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


def is_plain_text(text: str) -> bool:
    """Tell whether a text is free of control, format (bidi, zero-width), invisible, private, unassigned characters and lone surrogates."""
    shown = text.isprintable() or all(character.isprintable() or unicodedata.category(character) == "Zs" for character in text)
    return shown and INVISIBLE.isdisjoint(text)


# ---------------------------------------------------------------------------------------------------------------- operations


class EnrollRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Make a key for a signer; `registration` is the browser's RegistrationResponseJSON over the transaction's challenge."""

    transaction: bytes
    registration: dict[str, Any]


class EnrollReply(Struct, frozen=True):
    csr: bytes  # PKCS#10 DER, signed by the new key
    passkey: "PasskeyRecord"


class PasskeyRecord(Struct, frozen=True):
    """What `app` keeps of a passkey, to let its holder sign in; the SAM's own record is the one that approves."""

    passkey_id: bytes
    public_key: bytes  # COSE_Key
    sign_count: int
    backup_eligible: bool


class CertifyRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Register the certificate of a key that was made; DER, leaf first."""

    credential_id: Id
    certificates: Annotated[tuple[bytes, ...], Meta(min_length=1, max_length=10)]


class CertifyReply(Struct, frozen=True):
    certificate_sha256: Sha256Hex
    not_before: int
    not_after: int


class ApproveRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The signer's proof: the browser's AuthenticationResponseJSON over the transaction's challenge."""

    transaction: bytes
    assertion: dict[str, Any]


class ApproveReply(Struct, frozen=True):
    usable_until: int  # unix seconds


class RefuseRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The signer, or time, said no: from now on this transaction can't be approved. It grants nothing, so it needs no proof."""

    transaction: bytes
    reason: Literal["declined", "not_me", "wrong_code", "expired", "cancelled"]


class CollectRequest(Struct, frozen=True, forbid_unknown_fields=True):
    authorization_id: Id
    application_id: Id


class CollectReply(Struct, frozen=True):
    sad: str
    usable_until: int


class ActivateRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Sign `hashes` with the credential's key. `idempotency_key` lets the same request ask again for the same answer."""

    sad: Annotated[str, Meta(max_length=1_000)]
    application_id: Id
    credential_id: Id
    hashes: Annotated[tuple[Digest, ...], Meta(min_length=1, max_length=MAX_DOCUMENTS)]
    sign_algorithm: Oid
    hash_algorithm: Oid | None = None
    sign_algorithm_parameters: Annotated[bytes, Meta(max_length=1_000)] | None = None
    idempotency_key: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class ActivateReply(Struct, frozen=True):
    authorization_id: Id
    signatures: tuple[bytes, ...]


class Outcome(StrEnum):
    """Where an authorization stands at the SAM."""

    NONE = "none"  # neither approved nor refused
    APPROVED = "approved"
    REFUSED = "refused"
    INTENDED = "intended"  # being signed right now
    SIGNED = "signed"
    UNKNOWN = "unknown"  # spent, and whether a signature was made can't be known; never signed again
    LAPSED = "lapsed"  # approved, never used


class StatusRequest(Struct, frozen=True, forbid_unknown_fields=True):
    authorization_id: Id


class StatusReply(Struct, frozen=True):
    outcome: Outcome
    reason: str | None = None
    usable_until: int | None = None


class HealthReply(Struct, frozen=True):
    """How the SAM is: each part with `ok` or what is wrong, the number of keys, and its clock."""

    parts: dict[str, str]
    keys: int
    time: float


class ErrorCode(StrEnum):
    """Why the SAM said no, as far as the caller may know; the journal knows more."""

    MALFORMED = "malformed"
    NOT_NEW = "not_new"
    EXPIRED = "expired"
    CREDENTIAL_UNKNOWN = "credential_unknown"
    CREDENTIAL_UNUSABLE = "credential_unusable"
    CERTIFICATE_INVALID = "certificate_invalid"
    CERTIFICATE_EXPIRED = "certificate_expired"
    EVIDENCE_REFUSED = "evidence_refused"
    SAD_INVALID = "sad_invalid"
    SAD_EXPIRED = "sad_expired"
    SAD_SPENT = "sad_spent"
    HASHES_DIFFER = "hashes_differ"
    ALGORITHM_REFUSED = "algorithm_refused"
    HASH_ALGORITHM_REFUSED = "hash_algorithm_refused"
    PARAMETERS_REFUSED = "parameters_refused"
    NOT_APPROVED = "not_approved"
    IN_PROGRESS = "in_progress"
    OUTCOME_UNKNOWN = "outcome_unknown"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


class ErrorReply(Struct, frozen=True, omit_defaults=True):
    """A refusal; `authorization_id` names the authorization that ended as `outcome_unknown`."""

    error: ErrorCode
    retry_after_s: int | None = None
    authorization_id: str | None = None
