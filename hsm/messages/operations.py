"""The messages of each of the SAM's operations, and the ways in which it says no."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from hsm.messages.otp import NewOtp, NewPin, Otp, SuccessiveCodes
from hsm.messages.signed_attributes import MAX_SIGNED_ATTRIBUTES_BYTES
from hsm.messages.types import MAX_DOCUMENTS, Digest, Factor, Factors, Id, Oid, Sha256Hex, UnixTime

SignedAttributes = Annotated[bytes, Meta(min_length=1, max_length=MAX_SIGNED_ATTRIBUTES_BYTES)]


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
    """`factors` is what the key may be used with, settled when it was made."""

    certificate_sha256: Sha256Hex
    not_before: int
    not_after: int
    factors: Factors


class CertificateStatus(Struct, frozen=True, forbid_unknown_fields=True):
    """What the CA says of a certificate, as it signed it: an OCSP response, or a CRL where the certificate names no responder; DER."""

    ocsp: Annotated[bytes, Meta(max_length=20_000)] | None = None
    crl: Annotated[bytes, Meta(max_length=200_000)] | None = None


class ApproveRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """
    The signer's proof: either the browser's AuthenticationResponseJSON over the transaction's challenge, or PIN and one-time password.

    `status` is the CA's word on the certificate, just now.
    """

    transaction: bytes
    assertion: dict[str, Any] | None = None
    status: CertificateStatus | None = None
    otp: Otp | None = None


class ApproveReply(Struct, frozen=True):
    usable_until: int  # unix seconds


class RefuseRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The signer, or time, said no: from now on this transaction can't be approved. It grants nothing, so it needs no proof."""

    transaction: bytes
    reason: Literal["declined", "not_me", "wrong_document", "wrong_code", "expired", "cancelled"]


class Registration(Struct, frozen=True, forbid_unknown_fields=True):
    """A passkey that was made: the NewPasskeyTransaction that it answered, and the browser's RegistrationResponseJSON."""

    transaction: bytes
    response: dict[str, Any]


class ExamineReply(Struct, frozen=True):
    """The new passkey of a Registration, which answered and is of a kind that is taken; nothing was recorded, and it may do nothing."""

    passkey: PasskeyRecord


class PasskeyPolicyReply(Struct, frozen=True):
    """
    Which new passkeys are taken: with `attestation` what a root that counts attests, and of `models` (AAGUIDs) where any are named.

    `synced` says whether it may be one that its provider copies to other devices.
    """

    attestation: bool
    models: tuple[str, ...]
    synced: bool


class AmendRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """
    The signer's proof over an Amendment, with what it needs beside it.

    `registration` where a passkey is added, `otp` where a PIN and a token are set, `codes` where a token is found again, `pin` where a PIN
    is changed, `status` (the CA's word on the certificate, just now) where a key is renewed.
    """

    transaction: bytes
    assertion: dict[str, Any]
    registration: Registration | None = None
    otp: NewOtp | None = None
    codes: SuccessiveCodes | None = None
    status: CertificateStatus | None = None
    pin: NewPin | None = None


class AmendReply(Struct, frozen=True):
    """`passkey` is what was added."""

    passkey: PasskeyRecord | None = None


class RenewalRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Make the key that a RenewTransaction has named, or go on with it; `status` is the CA's word on the old certificate, just now."""

    credential_id: Id
    status: CertificateStatus | None = None


class RenewalReply(Struct, frozen=True):
    """A PKCS#10 request in DER, signed by the new key; in it the old key's approval (docs/ca.md)."""

    csr: bytes


FrozenBy = Literal["signer", "operator", "not_me"]
"""Who had a key frozen; `not_me`: two refusals as such."""


class FreezeRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """
    Let a key sign nothing until `until` (unix seconds; FOR_EVER: until the signer says otherwise).

    It grants nothing, so it needs no proof.
    """

    credential_id: Id
    until: UnixTime
    by: FrozenBy


class FreezeReply(Struct, frozen=True):
    """Until when it is frozen now: a freeze makes an earlier one longer, never shorter."""

    frozen_until: int


class CredentialRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Ask how a key stands; and with the CA's word, just now, how its certificate does."""

    credential_id: Id
    status: CertificateStatus | None = None


class CredentialReply(Struct, frozen=True):
    """
    `state` is making, made (no certificate yet), enabled or destroyed; it signs nothing before `frozen_until` (unix seconds).

    `factors` is what it may be used with; `certificate` is how its certificate stands, None where nobody can tell.
    """

    state: str
    frozen_until: int
    factors: Factors
    certificate: Literal["valid", "expired", "revoked", "suspended"] | None = None


class CollectRequest(Struct, frozen=True, forbid_unknown_fields=True):
    authorization_id: Id
    application_id: Id


class CollectReply(Struct, frozen=True):
    """`factor` is what the signer approved with."""

    sad: str
    usable_until: int
    factor: Factor


class ActivateRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """
    Sign `hashes` with the credential's key. `idempotency_key` lets the same request ask again for the same answer.

    `status` is the CA's word on the certificate, just now; it is no part of what makes two requests the same.

    Where `hashes` are digests of documents, `signed_attributes` has for each of them the DER of the CMS signed attributes that name it; the
    key signs their hash.
    """

    sad: Annotated[str, Meta(max_length=1_000)]
    application_id: Id
    credential_id: Id
    hashes: Annotated[tuple[Digest, ...], Meta(min_length=1, max_length=MAX_DOCUMENTS)]
    sign_algorithm: Oid
    hash_algorithm: Oid | None = None
    sign_algorithm_parameters: Annotated[bytes, Meta(max_length=1_000)] | None = None
    idempotency_key: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    status: CertificateStatus | None = None
    signed_attributes: Annotated[tuple[SignedAttributes, ...], Meta(max_length=MAX_DOCUMENTS)] = ()


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
    AMENDED = "amended"  # a change of what the signer has, done
    SIGNED_IN = "signed_in"  # a sign-in that was proven; it opens nothing here


class StatusRequest(Struct, frozen=True, forbid_unknown_fields=True):
    authorization_id: Id


class StatusReply(Struct, frozen=True):
    """`factor` is what the signer approved with, where that was done."""

    outcome: Outcome
    reason: str | None = None
    usable_until: int | None = None
    factor: Factor | None = None


class HealthReply(Struct, frozen=True):
    """
    How the SAM is: each part with `ok` or what is wrong, the number of keys, and its clock.

    `statement_key` is the SHA-256 of the public key that signs statements (SubjectPublicKeyInfo, DER), in hex.
    """

    parts: dict[str, str]
    keys: int
    time: float
    statement_key: str = ""


class ErrorCode(StrEnum):
    """Why the SAM said no, as far as the caller may know; the journal knows more."""

    MALFORMED = "malformed"
    PIN_UNACCEPTABLE = "pin_unacceptable"
    NOT_NEW = "not_new"
    EXPIRED = "expired"
    CREDENTIAL_UNKNOWN = "credential_unknown"
    CREDENTIAL_UNUSABLE = "credential_unusable"
    CERTIFICATE_INVALID = "certificate_invalid"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_REVOKED = "certificate_revoked"
    CERTIFICATE_SUSPENDED = "certificate_suspended"
    STATUS_UNKNOWN = "status_unknown"
    EVIDENCE_REFUSED = "evidence_refused"
    PASSKEY_UNACCEPTABLE = "passkey_unacceptable"
    PASSKEY_SYNCED = "passkey_synced"
    RECOVERY_UNKNOWN = "recovery_unknown"
    RECOVERY_WAITS = "recovery_waits"
    RECOVERY_OVER = "recovery_over"
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
    """
    A refusal; `authorization_id` names the authorization that ended as `outcome_unknown`.

    `problems` says what is wrong with a file of seeds, and where, without anything from it. `tries_left` is how often PIN and code may
    still be tried for this transaction, where they were tried now.
    """

    error: ErrorCode
    retry_after_s: int | None = None
    authorization_id: str | None = None
    problems: tuple[str, ...] = ()
    tries_left: int | None = None
