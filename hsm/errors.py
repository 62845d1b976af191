"""
The SAM's errors, one tree.

    SamError
    ├── Refused                     the caller asked for something that it may not have; `code` is all that it learns
    │   ├── Malformed (also SeedsRefused), PinUnacceptable, NotNew, Expired, CredentialUnknown, CredentialUnusable
    │   ├── CertificateInvalid, CertificateExpired, CertificateRevoked, CertificateSuspended, StatusUnknown
    │   ├── PasskeyUnacceptable, PasskeySynced
    │   ├── EvidenceRefused          also CodeRefused, StepUsed, PinRefused, TriesUsedUp, SecretUnreadable: no difference to the caller
    │   ├── RecoveryUnknown, RecoveryWaits, RecoveryOver
    │   ├── SadInvalid, SadExpired, SadSpent, NotApproved, HashesDiffer
    │   ├── AlgorithmRefused, HashAlgorithmRefused, ParametersRefused
    │   └── InProgress, OutcomeUnknown
    ├── Unavailable                 in doubt, so the answer is no for now: HsmUnavailable, StoreUnavailable, ClockInDoubt
    └── CannotStart                 the SAM must not run like this: BadConfiguration, KeyUnacceptable, RecordsTampered, AlreadyRunning
"""

from hsm.messages import ErrorCode


class SamError(Exception):
    """Base of all; never raised itself. The text is for the journal and the operator, never for the caller."""


class Refused(SamError):
    """A request that the rules do not allow."""

    code = ErrorCode.INTERNAL
    status = 403


class Malformed(Refused):
    """The request can't be read, or is over a limit."""

    code = ErrorCode.MALFORMED
    status = 400


class NotNew(Refused):
    """This transaction was decided before."""

    code = ErrorCode.NOT_NEW
    status = 409


class Expired(Refused):
    """The transaction is over, or claims a life that no transaction has."""

    code = ErrorCode.EXPIRED


class CredentialUnknown(Refused):
    """No such credential, or its record's seal does not hold: one answer for both."""

    code = ErrorCode.CREDENTIAL_UNKNOWN


class CredentialUnusable(Refused):
    """The credential has no certificate yet, is frozen, or was destroyed."""

    code = ErrorCode.CREDENTIAL_UNUSABLE


class CertificateInvalid(Refused):
    """The certificate is not this key's, or not the one in the transaction."""

    code = ErrorCode.CERTIFICATE_INVALID


class CertificateExpired(Refused):
    """The certificate is not valid now."""

    code = ErrorCode.CERTIFICATE_EXPIRED


class CertificateRevoked(Refused):
    """The CA has revoked the certificate."""

    code = ErrorCode.CERTIFICATE_REVOKED


class CertificateSuspended(Refused):
    """The CA holds the certificate for now."""

    code = ErrorCode.CERTIFICATE_SUSPENDED


class StatusUnknown(Refused):
    """Nobody says whether the certificate still stands, in a way that counts."""

    code = ErrorCode.STATUS_UNKNOWN


class EvidenceRefused(Refused):
    """
    The evidence does not prove that this signer approved this transaction.

    `tries_left` is how often PIN and code may still be tried for it, where a try was counted; the caller learns it.
    """

    code = ErrorCode.EVIDENCE_REFUSED
    tries_left: int | None = None


class PasskeyUnacceptable(Refused):
    """A new passkey is not of a kind that the operator takes."""

    code = ErrorCode.PASSKEY_UNACCEPTABLE


class PasskeySynced(Refused):
    """A new passkey may be copied to other devices, which the operator does not take."""

    code = ErrorCode.PASSKEY_SYNCED


class CodeRefused(EvidenceRefused):
    """The one-time password is not what this token shows."""


class StepUsed(EvidenceRefused):
    """The one-time password is right, and was accepted before."""


class PinRefused(EvidenceRefused):
    """The PIN is not the signer's."""


class TriesUsedUp(EvidenceRefused):
    """PIN and one-time password were tried wrongly too often; they are not even looked at."""


class SecretUnreadable(EvidenceRefused):
    """An encrypted secret does not open: it was changed, moved from another row, or encrypted under another key."""


class PinUnacceptable(Refused):
    """A new PIN is not 6 to 12 digits, or among the first that anyone would guess."""

    code = ErrorCode.PIN_UNACCEPTABLE
    status = 400


class SeedsRefused(Malformed):
    """A file of seeds can't be taken; `problems` has a sentence for each, with its place and without anything from the file."""

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class RecoveryUnknown(Refused):
    """There is no such recovery, or its record's seal does not hold: one answer for both."""

    code = ErrorCode.RECOVERY_UNKNOWN


class RecoveryWaits(Refused):
    """The waiting time of a recovery is not over."""

    code = ErrorCode.RECOVERY_WAITS
    status = 409


class RecoveryOver(Refused):
    """The recovery was stopped, or nobody came for it; or it is through, and can't be stopped any more."""

    code = ErrorCode.RECOVERY_OVER
    status = 409


class SadInvalid(Refused):
    """The SAD was not made here, or not for this caller and credential."""

    code = ErrorCode.SAD_INVALID


class SadExpired(Refused):
    """The approval was not used in time."""

    code = ErrorCode.SAD_EXPIRED


class SadSpent(Refused):
    """The approval was used before, by whichever process."""

    code = ErrorCode.SAD_SPENT
    status = 409


class NotApproved(Refused):
    """There is no approval to collect."""

    code = ErrorCode.NOT_APPROVED


class HashesDiffer(Refused):
    """The hashes are not exactly those that the signer approved."""

    code = ErrorCode.HASHES_DIFFER


class AlgorithmRefused(Refused):
    """The signature algorithm is unknown, or not for this key."""

    code = ErrorCode.ALGORITHM_REFUSED


class HashAlgorithmRefused(Refused):
    """The hash algorithm is missing, unknown, or contradicts the signature algorithm."""

    code = ErrorCode.HASH_ALGORITHM_REFUSED


class ParametersRefused(Refused):
    """The parameters of the signature algorithm can't be read, or are not allowed."""

    code = ErrorCode.PARAMETERS_REFUSED


class InProgress(Refused):
    """The same request is being worked on; its answer can be asked for again."""

    code = ErrorCode.IN_PROGRESS
    status = 409


class OutcomeUnknown(Refused):
    """The approval is spent and nobody can know whether a signature was made; it is never tried again."""

    code = ErrorCode.OUTCOME_UNKNOWN
    status = 409


class Unavailable(SamError):
    """Something that the SAM relies on is in doubt; nothing was granted and nothing is lost."""

    code = ErrorCode.UNAVAILABLE
    status = 503
    retry_after_s = 2


class HsmUnavailable(Unavailable):
    """The HSM does not answer, or its sessions are gone."""


class StoreUnavailable(Unavailable):
    """The SAM's database or journal can't be read or made durable."""


class ClockInDoubt(Unavailable):
    """The clock stands before the newest journal entry."""


class CannotStart(SamError):
    """The SAM refuses to run."""


class BadConfiguration(CannotStart):
    """Settings that can't be used; the text lists every one, never a secret's value."""


class KeyUnacceptable(CannotStart):
    """A key on the token lacks an attribute that keeps it inside, or is missing."""


class RecordsTampered(CannotStart):
    """The journal or a sealed record is not what the SAM wrote."""


class AlreadyRunning(CannotStart):
    """Another SAM works on the same records."""
