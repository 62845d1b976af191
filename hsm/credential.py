"""
How a key stands: `freeze` lets it sign nothing for a time, `credential` tells, and what was destroyed is taken off the token.

Nothing here grants anything, so nothing here needs the signer's proof; what does is in `amendment`.
"""

from cryptography import x509

from hsm.errors import CredentialUnknown, CredentialUnusable, HsmUnavailable
from hsm.journal import Event
from hsm.messages import CredentialReply, CredentialRequest, FreezeReply, FreezeRequest
from hsm.records import Credential
from hsm.revocation import standing
from hsm.sam import Sam


def freeze(sam: Sam, request: FreezeRequest) -> FreezeReply:
    """
    Let a key sign nothing until a time; it makes an earlier freeze longer, never shorter.

    Raises:
        CredentialUnknown, CredentialUnusable: there is no such key, or not any more.
    """
    now = sam.now()
    credential = sam.store.credential(request.credential_id)
    if credential.state == "destroyed":
        raise CredentialUnusable(credential.state)
    if request.until > max(credential.frozen_until, now):
        with sam.store.change(now) as change:
            change.freeze(credential, request.until, request.by)
    return FreezeReply(max(credential.frozen_until, request.until))


def credential(sam: Sam, request: CredentialRequest) -> CredentialReply:
    """Tell how a key and its certificate stand; raises CredentialUnknown."""
    found = sam.store.credential(request.credential_id)
    if found.certificate is None:
        return CredentialReply(found.state, found.frozen_until, found.factors)
    issuer = x509.load_der_x509_certificate(found.issuer_certificate) if found.issuer_certificate is not None else None
    certificate = x509.load_der_x509_certificate(found.certificate)
    stands = standing(sam.status_policy.max_age_s, certificate, issuer, request.status, sam.now())
    return CredentialReply(found.state, found.frozen_until, found.factors, stands)


def credential_of(sam: Sam, credential_id: str, enrollment_id: str) -> Credential:
    """Give a key of this enrolment; raises CredentialUnknown, also where it is another's."""
    found = sam.store.credential(credential_id)
    if found.enrollment_id != enrollment_id:
        raise CredentialUnknown("another enrolment's")
    return found


def complete_destruction(sam: Sam, credential_id: str) -> None:
    """
    Take a key off the token that its record says is destroyed, look that it is gone, and journal that.

    Raises:
        HsmUnavailable: the token still has it, or can't tell.
    """
    key_id = credential_id.encode()
    sam.token.destroy(key_id)
    if sam.token.has_key(key_id):
        raise HsmUnavailable("a destroyed key is still on the token")
    with sam.store.change(sam.now()) as change:
        change.journal(Event.DESTROYED, credential_id)


def complete_destructions(sam: Sam) -> int:
    """Do so for every key that a crash left on the token, and give their number; for a SAM that is just starting."""
    left = [one for one in sam.store.destroyed_credentials() if one.encode() in sam.token.signing_keys]
    for credential_id in left:
        complete_destruction(sam, credential_id)
    return len(left)
