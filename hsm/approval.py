"""
`approve`: the signer's own proof over one exact transaction becomes an approval. And `refuse`, which grants nothing and needs no proof.

The numbers are the same in docs/flow.md and in the tests. Nothing here signs.
"""

import base64
import functools
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from hsm.assertion import Verified, passkey_id_of, verify_assertion
from hsm.errors import (
    CertificateExpired,
    CertificateInvalid,
    CredentialUnknown,
    CredentialUnusable,
    EvidenceRefused,
    Expired,
    Malformed,
    NotNew,
)
from hsm.messages import (
    MAX_LIFE_S,
    ApproveReply,
    ApproveRequest,
    CertificateStatus,
    Document,
    NotBound,
    NotCanonical,
    Outcome,
    RefuseRequest,
    SignTransaction,
    Transaction,
    challenge,
    parse_transaction,
    require_bound,
)
from hsm.policy import HASHES
from hsm.records import Approval, Credential, Passkey
from hsm.revocation import require_good
from hsm.sam import Sam

CLOCK_SKEW_S = 60


def approve(sam: Sam, request: ApproveRequest) -> ApproveReply:
    """
    Check the signer's evidence over a transaction, and record the approval.

    Raises:
        Refused: the step that failed says which; nothing was recorded but the refusal.
    """
    now = sam.now()
    transaction = parse(request.transaction)  # (0)
    assertion = the_assertion(request)
    require_new_and_current(sam, transaction, now)  # (1)
    credential = usable_credential(sam, transaction, request.status, now)  # (2)
    passkey = allowed_passkey(sam, credential.enrollment_id, transaction.signer, assertion)  # (3)
    proof = proof_over(sam, SignTransaction, request.transaction, assertion, passkey)  # (4)
    approval = Approval(
        authorization_id=transaction.id,
        outcome=Outcome.APPROVED.value,
        reason=None,
        transaction=request.transaction,
        decided_at=int(now),
        usable_until=int(now) + sam.sad_life_s,
        factor="passkey",
    )
    with sam.store.change(now) as change:
        change.advance_counter(passkey, proof.sign_count)  # (5)
        change.decide(approval, **evidence_of(passkey, proof))  # (6)
    return ApproveReply(approval.usable_until)


def refuse(sam: Sam, request: RefuseRequest) -> None:
    """Record that this transaction will not be approved; raises NotNew where it was decided before."""
    now = sam.now()
    transaction = parse(request.transaction)
    refusal = Approval(
        authorization_id=transaction.id,
        outcome=Outcome.REFUSED.value,
        reason=request.reason,
        transaction=request.transaction,
        decided_at=int(now),
        usable_until=0,
    )
    with sam.store.change(now) as change:
        change.decide(refusal)


def parse(raw: bytes) -> SignTransaction:
    """(0) Read the transaction strictly, within limits; raises Malformed."""
    try:
        transaction = parse_transaction(raw, SignTransaction)
    except NotCanonical as error:
        raise Malformed(str(error)) from None
    algorithm = HASHES.get(transaction.hash_algorithm)
    if algorithm is None or any(len(document.hash) != algorithm.digest_size for document in transaction.documents):
        raise Malformed("a hash that no key will sign")
    for document in transaction.documents:
        require_content_bound(document, transaction.hash_algorithm)
    return transaction


def require_content_bound(document: Document, hash_algorithm: str) -> None:
    """(0) What the signer could open leads to the hash that is signed, as far as can be seen without the file; raises Malformed."""
    if document.content is None:
        return
    try:
        require_bound(document.content, hash_algorithm, document.hash)
    except NotBound as error:
        raise Malformed(str(error)) from None


def the_assertion(request: ApproveRequest) -> dict[str, Any]:
    """(0) Give the passkey's answer, where it is all that there is of evidence; raises Malformed."""
    if request.assertion is None or request.otp is not None:
        raise Malformed("not exactly one kind of evidence")
    return request.assertion


def require_new_and_current(sam: Sam, transaction: Transaction, now: float, longest_life_s: int = MAX_LIFE_S) -> None:
    """(1) The transaction was not decided before, and its time is now; raises NotNew, Expired."""
    approval, _ = sam.store.approval(transaction.id)
    if approval is not None:
        raise NotNew(transaction.id)
    if not transaction.created - CLOCK_SKEW_S <= now < transaction.expires <= transaction.created + longest_life_s:
        raise Expired(f"created {transaction.created}, expires {transaction.expires}, now {int(now)}")


def usable_credential(sam: Sam, transaction: SignTransaction, status: CertificateStatus | None, now: float) -> Credential:
    """(2) The credential exists, is this signer's and enabled; its certificate is the one shown, valid now, and the CA stands by it."""
    credential = sam.store.credential(transaction.credential_id)
    if credential.signer != transaction.signer:
        raise CredentialUnknown("another signer's")
    require_enabled(credential, now)
    if certificate_sha256(certificate_of(credential)) != transaction.certificate_sha256:
        raise CertificateInvalid("the transaction names another certificate")
    require_standing(sam, credential, status, now)
    return credential


def allowed_passkey(sam: Sam, enrollment_id: str, signer: str, assertion: dict[str, Any]) -> Passkey:
    """(3) The passkey's record holds, and it is an active one of this enrolment; raises EvidenceRefused."""
    passkey = sam.store.passkey(passkey_id_of(assertion))
    if passkey.enrollment_id != enrollment_id or passkey.signer != signer:
        raise EvidenceRefused("this passkey is of another enrolment")
    if passkey.state != "active":
        raise EvidenceRefused("this passkey was removed")
    return passkey


def proof_over(sam: Sam, kind: type[Transaction], raw: bytes, assertion: dict[str, Any], passkey: Passkey) -> Verified:
    """(4) The evidence verifies over the very bytes of this transaction; raises EvidenceRefused."""
    return verify_assertion(sam.party, assertion, challenge(kind, raw), passkey.record(), passkey.user_handle)


def require_enabled(credential: Credential, now: float) -> None:
    """Refuse a credential that has no certificate, is destroyed or frozen, or whose certificate is not valid now."""
    if credential.state != "enabled":
        raise CredentialUnusable(credential.state)
    if now < credential.frozen_until:
        raise CredentialUnusable(f"frozen until {credential.frozen_until}")
    certificate = certificate_of(credential)
    if not certificate.not_valid_before_utc.timestamp() <= now <= certificate.not_valid_after_utc.timestamp():
        raise CertificateExpired(certificate.subject.rfc4514_string())


def require_standing(sam: Sam, credential: Credential, status: CertificateStatus | None, now: float) -> None:
    """Refuse a certificate that its CA has revoked or holds, as far as the operator's policy asks."""
    issuer = _load(credential.issuer_certificate) if credential.issuer_certificate is not None else None
    require_good(sam.status_policy, certificate_of(credential), issuer, status, now)


def certificate_of(credential: Credential) -> x509.Certificate:
    if credential.certificate is None:
        raise CredentialUnusable("no certificate")
    return _load(credential.certificate)


@functools.lru_cache(maxsize=1_000)
def _load(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)


def certificate_sha256(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex()


def evidence_of(passkey: Passkey, proof: Verified) -> dict[str, str]:
    """What anyone needs, beside the transaction, to verify the approval later without us."""
    parts = {
        "passkey": passkey.passkey_id,
        "passkey_public_key": passkey.public_key,
        "client_data": proof.client_data,
        "authenticator_data": proof.authenticator_data,
        "signature": proof.signature,
    }
    return {"factor": "passkey"} | {name: base64.b64encode(value).decode() for name, value in parts.items()}
