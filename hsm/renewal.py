"""
Renewal: a key whose certificate ends gets a successor in its own enrolment, and signs the request for the successor's certificate.

`renew` is the check of the amendment by which the signer approves it (`amendment`); `renewal` makes the key and the request. A repeat goes
on where the first was cut off. The old key stays as it is: it may be used until its certificate ends.
"""

import base64
import hashlib

from hsm.approval import certificate_of, certificate_sha256, require_enabled, require_standing
from hsm.credential import credential_of
from hsm.csr import renewal_request
from hsm.errors import CertificateInvalid, CredentialUnknown, CredentialUnusable
from hsm.journal import Event
from hsm.messages import AmendRequest, CertificateStatus, RenewalReply, RenewalRequest, RenewTransaction
from hsm.otp_amendment import Write
from hsm.records import Credential
from hsm.sam import Sam


def renew(sam: Sam, amendment: RenewTransaction, request: AmendRequest, now: float) -> Write:
    """
    Step (4) of `amend`: the old key could sign now, its certificate is the one that the amendment names, and it has no successor yet.

    Raises:
        CredentialUnknown, CredentialUnusable, CertificateInvalid: it is not so.
        CertificateExpired, CertificateRevoked, CertificateSuspended, StatusUnknown: the old certificate does not stand.
    """
    old = credential_of(sam, amendment.credential_id, amendment.enrollment_id)
    require_usable(sam, old, request.status, now)
    if certificate_sha256(certificate_of(old)) != amendment.certificate_sha256:
        raise CertificateInvalid("the amendment names another certificate")
    if old.renewed_by is not None and sam.store.credential(old.renewed_by).state != "destroyed":
        raise CredentialUnusable(f"renewed by {old.renewed_by} already")
    new = Credential(
        credential_id=amendment.new_credential_id,
        enrollment_id=old.enrollment_id,
        signer=old.signer,
        key_algorithm=amendment.key_algorithm,
        enrollment_sha256=hashlib.sha256(amendment.domain + request.transaction).digest(),
        factors=old.factors,
        state="making",
        certify_by=int(now) + sam.uncertified_life_s,
        renews=old.credential_id,
        replaced_by=old.replaced_by,
    )
    return lambda change: change.begin_renewal(old, new)


def renewal(sam: Sam, request: RenewalRequest) -> RenewalReply:
    """
    Make the key that was approved in the place of another, and give the request for its certificate, signed by both.

    Raises:
        CredentialUnknown, CredentialUnusable: there is no such key to be made, it was forgotten, or the old one is frozen or destroyed.
        CertificateExpired, CertificateRevoked, CertificateSuspended, StatusUnknown: the old certificate does not stand.
        HsmUnavailable: the same request may be repeated.
    """
    with sam.enrolling:  # a repeat that came while the key is being made would destroy that key as a broken attempt's
        new = sam.store.credential(request.credential_id)
        if new.renews is None:
            raise CredentialUnknown("not a renewal's")
        if new.state == "destroyed":
            raise CredentialUnusable(new.state)
        if new.csr is not None:
            return RenewalReply(new.csr)
        require_usable(sam, sam.store.credential(new.renews), request.status, sam.now())
        public_key = sam.token.generate_signing_key(new.key_id, new.key_algorithm)
        old = sam.store.credential(new.renews)  # making a key takes seconds, in which it may have been frozen
        require_usable(sam, old, request.status, sam.now())
        with sam.store.change(sam.now()) as change:
            intent = {"renewed_by": new.credential_id, "public_key": base64.b64encode(public_key).decode()}
            change.journal(Event.RENEWAL_INTENDED, old.credential_id, **intent)
        csr = renewal_request(sam.token, old, certificate_of(old), new, public_key)
        with sam.store.change(sam.now()) as change:
            change.finish_enrollment(new, public_key=public_key, csr=csr)
    return RenewalReply(csr)


def require_usable(sam: Sam, old: Credential, status: CertificateStatus | None, now: float) -> None:
    """Refuse a key that could sign nothing else either."""
    require_enabled(old, now)
    require_standing(sam, old, status, now)


def inherited_freeze(sam: Sam, credential: Credential) -> int:
    """
    Give until when a key that is to be certified is frozen: as long as the one that it renews.

    Raises:
        CredentialUnusable: that one was destroyed meanwhile, and this one is not to outlive it.
    """
    if credential.renews is None:
        return credential.frozen_until
    old = sam.store.credential(credential.renews)
    if old.state == "destroyed":
        raise CredentialUnusable("what it renews was destroyed")
    return max(credential.frozen_until, old.frozen_until)
