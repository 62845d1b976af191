"""
`activate`: one SAD opens one activation of the signer's key, over exactly the approved hashes. And `collect`, which makes the SAD.

At most one: the approval is spent and the intent is on disk before the key is used. A crash in between leaves `unknown`, which is never
tried again. The numbers are the same in docs/flow.md and in the tests.
"""

import base64
import functools
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import load_der_public_key

from hsm import sad as sads
from hsm.approval import require_enabled, require_standing
from hsm.errors import (
    CredentialUnknown,
    HashAlgorithmRefused,
    HashesDiffer,
    InProgress,
    NotApproved,
    OutcomeUnknown,
    SadExpired,
    SadInvalid,
    SadSpent,
    SamError,
)
from hsm.messages import (
    ActivateReply,
    ActivateRequest,
    CollectReply,
    CollectRequest,
    NotSignedAttributes,
    Outcome,
    SignTransaction,
    StatusReply,
    StatusRequest,
    digests_to_sign,
    read_transaction,
)
from hsm.policy import HASHES, Padding, Scheme, require_digests, scheme_for
from hsm.records import Activation, Approval, Credential
from hsm.sad import Sad
from hsm.sam import Sam


def activate(sam: Sam, request: ActivateRequest) -> ActivateReply:
    """
    Sign what was approved, once.

    Step (0), strict parsing within limits, is the type of `request`. The same request under the same idempotency key gets the same answer.

    Raises:
        Refused: the step that failed says which; up to (5) nothing is spent.
        OutcomeUnknown: the approval is spent and no signature can be given, now or ever.
    """
    now = sam.now()
    sad = sads.read(sam.keyring.sad_mac, request.sad)  # (1)
    approval, used = sam.store.approval(sad.authorization_id)
    if used is not None:
        return earlier_answer(sam, used, request)
    approval = usable_approval(approval, sad, now)  # (2)
    transaction = require_same(request, approval)  # (3)
    digests = what_is_signed(request, transaction)
    credential, scheme = usable_key(sam, request, transaction, now)  # (4)
    activation = Activation(sad.authorization_id, request_sha256(request), idempotency_sha256(request), Outcome.INTENDED.value)
    with outcome_is_recorded(sam, sad) as spent:
        with sam.store.change(now) as change:
            # The same evidence could make the same approval again, if its row were taken away, until the transaction is over.
            until = max(approval.usable_until, transaction.expires + sam.sad_life_s)
            spent.append(change.spend(activation, until=until, **_intent(request, scheme)))  # (5)
        signatures = tuple(sam.token.sign(credential.key_id, scheme, digest) for digest in digests)  # (6)
        verify(credential, scheme, digests, signatures)  # (7)
        with sam.store.change(sam.now()) as change:
            journalled = [base64.b64encode(signature).decode() for signature in signatures]
            change.settle(spent[0], Outcome.SIGNED, answer=msgspec.json.encode(signatures), signatures=journalled)  # (8)
    return ActivateReply(sad.authorization_id, signatures)


def collect(sam: Sam, request: CollectRequest) -> CollectReply:
    """Make the SAD of an approval for the application that asked for it; raises NotApproved, SadSpent, SadExpired."""
    approval, activation = sam.store.approval(request.authorization_id)
    if (
        approval is None
        or approval.outcome != Outcome.APPROVED
        or approval.factor is None
        or read_transaction(approval.transaction, SignTransaction).application_id != request.application_id
    ):
        raise NotApproved(request.authorization_id)
    if activation is not None:
        raise SadSpent(request.authorization_id)
    if sam.now() >= approval.usable_until:
        raise SadExpired(request.authorization_id)
    sad = Sad(approval.authorization_id, hashlib.sha256(approval.transaction).digest(), approval.usable_until)
    return CollectReply(sads.mint(sam.keyring.sad_mac, sad), approval.usable_until, approval.factor)


def status(sam: Sam, request: StatusRequest) -> StatusReply:
    """Say where an authorization stands; an activation that was abandoned is ended as `unknown` first."""
    approval, activation = sam.store.approval(request.authorization_id)
    if approval is None:
        return StatusReply(Outcome.NONE)
    if activation is not None:
        return StatusReply(_settled(sam, activation), factor=approval.factor)
    if approval.outcome == Outcome.REFUSED:
        return StatusReply(Outcome.REFUSED, reason=approval.reason)
    if approval.outcome in (Outcome.AMENDED, Outcome.SIGNED_IN):
        return StatusReply(Outcome(approval.outcome))
    outcome = Outcome.APPROVED if sam.now() < approval.usable_until else Outcome.LAPSED
    return StatusReply(outcome, usable_until=approval.usable_until, factor=approval.factor)


def earlier_answer(sam: Sam, activation: Activation, request: ActivateRequest) -> ActivateReply:
    """
    Give again what this very request was given before, under its idempotency key.

    Raises:
        SadSpent: the approval was used by another request, or by one without a key.
        InProgress, OutcomeUnknown: it was used by this one, which has no answer yet, or never will.
    """
    mine = activation.idempotency_sha256 is not None and activation.idempotency_sha256 == idempotency_sha256(request)
    if not mine or activation.request_sha256 != request_sha256(request):
        raise SadSpent(activation.authorization_id)
    outcome = _settled(sam, activation)
    if outcome is Outcome.INTENDED:
        raise InProgress(activation.authorization_id)
    if outcome is Outcome.UNKNOWN or activation.signatures is None:
        raise OutcomeUnknown(activation.authorization_id)
    return ActivateReply(activation.authorization_id, msgspec.json.decode(activation.signatures, type=tuple[bytes, ...]))


def usable_approval(approval: Approval | None, sad: Sad, now: float) -> Approval:
    """(2) The approval exists, is the one that the SAD was made for, and is not expired; that it is unspent, (5) decides for good."""
    if approval is None or approval.outcome != Outcome.APPROVED or hashlib.sha256(approval.transaction).digest() != sad.transaction_sha256:
        raise SadInvalid("there is no such approval")
    if now >= min(approval.usable_until, sad.usable_until):
        raise SadExpired(sad.authorization_id)
    return approval


def require_same(request: ActivateRequest, approval: Approval) -> SignTransaction:
    """(3) Caller, credential and hashes are the approval's: algorithm, length, count, every value, as a multiset."""
    transaction = read_transaction(approval.transaction, SignTransaction)
    if request.application_id != transaction.application_id:
        raise SadInvalid("another application's")
    if request.credential_id != transaction.credential_id:
        raise CredentialUnknown("not the credential that was approved")
    if request.hash_algorithm not in (None, transaction.hash_algorithm):
        raise HashAlgorithmRefused("not the hash algorithm that was approved")
    if sorted(request.hashes) != sorted(document.hash for document in transaction.documents):
        raise HashesDiffer("not the hashes that were approved")
    return transaction


def what_is_signed(request: ActivateRequest, transaction: SignTransaction) -> tuple[bytes, ...]:
    """(3) The approved hashes themselves; or, of documents, the attributes that say so: their hash, and nothing that nobody was shown."""
    if not request.signed_attributes:
        return request.hashes
    if any(document.content is not None and document.content.signed_attributes is not None for document in transaction.documents):
        raise HashesDiffer("what was approved are signed attributes themselves")
    try:
        return digests_to_sign(request.hashes, request.signed_attributes, HASHES[transaction.hash_algorithm].name)
    except NotSignedAttributes as error:
        raise HashesDiffer(f"signed attributes: {error}") from None


def usable_key(sam: Sam, request: ActivateRequest, transaction: SignTransaction, now: float) -> tuple[Credential, Scheme]:
    """(4) The credential is still enabled, its certificate stands, and the algorithm is one for its key and for the approved hashes."""
    credential = sam.store.credential(transaction.credential_id)
    require_enabled(credential, now)
    require_standing(sam, credential, request.status, now)
    hash_algorithm = request.hash_algorithm or transaction.hash_algorithm
    scheme = scheme_for(credential.key_algorithm, request.sign_algorithm, hash_algorithm, request.sign_algorithm_parameters)
    if scheme.hash is not HASHES.get(transaction.hash_algorithm):
        raise HashAlgorithmRefused("not the hash algorithm that was approved")
    require_digests(scheme, request.hashes)
    return credential, scheme


def verify(credential: Credential, scheme: Scheme, digests: tuple[bytes, ...], signatures: tuple[bytes, ...]) -> None:
    """(7) Every signature verifies with the sealed public key; raises InvalidSignature."""
    key = _public_key(credential.public_key or b"")
    prehashed = utils.Prehashed(scheme.hash)
    for digest, signature in zip(digests, signatures, strict=True):
        if scheme.padding is Padding.ECDSA and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, digest, ec.ECDSA(prehashed))
        elif scheme.padding is Padding.PSS and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, digest, padding.PSS(padding.MGF1(scheme.hash), scheme.salt_bytes), prehashed)
        elif scheme.padding is Padding.PKCS1 and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, digest, padding.PKCS1v15(), prehashed)
        else:
            raise InvalidSignature


@contextmanager
def outcome_is_recorded(sam: Sam, sad: Sad) -> Iterator[list[Activation]]:
    """
    Whatever goes wrong once the approval is spent ends it as `unknown`; a failure to spend is passed on as it is.

    What this request spent is put into the list: another's activation, or one that has ended, is not this one's to end.
    """
    with sam.in_flight.holding(sad.authorization_id):
        spent: list[Activation] = []
        try:
            yield spent
        except (SamError, InvalidSignature) as error:
            _, activation = sam.store.approval(sad.authorization_id) if spent else (None, None)
            if activation is None or activation.state != Outcome.INTENDED:
                raise
            with sam.store.change(sam.now()) as change:
                change.settle(activation, Outcome.UNKNOWN, why=type(error).__name__)
            raise OutcomeUnknown(sad.authorization_id) from error


def request_sha256(request: ActivateRequest) -> bytes:
    # What the CA says meanwhile makes it no other request.
    return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(request, status=None))).digest()


def idempotency_sha256(request: ActivateRequest) -> bytes | None:
    return hashlib.sha256(request.idempotency_key.encode()).digest() if request.idempotency_key is not None else None


def _settled(sam: Sam, activation: Activation) -> Outcome:
    outcome = Outcome(activation.state)
    if outcome is not Outcome.INTENDED or activation.authorization_id in sam.in_flight:
        return outcome
    with sam.store.change(sam.now()) as change:
        change.settle(activation, Outcome.UNKNOWN, why="no outcome was recorded")
    return Outcome.UNKNOWN


def _intent(request: ActivateRequest, scheme: Scheme) -> dict[str, object]:
    attributes = [base64.b64encode(one).decode() for one in request.signed_attributes]
    return ({"signed_attributes": attributes} if attributes else {}) | {
        "application": request.application_id,
        "credential": request.credential_id,
        "hashes": [base64.b64encode(digest).decode() for digest in request.hashes],
        "padding": scheme.padding.value,
        "hash": scheme.hash.name,
    }


@functools.lru_cache(maxsize=1_000)
def _public_key(spki: bytes) -> object:
    return load_der_public_key(spki)
