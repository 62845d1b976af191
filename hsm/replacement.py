"""
What only the operator may do to keys, and none of it lets anybody sign: destroy one, and have a signer's keys end with a new enrolment.

`replace` is for a person who has lost every device: identified anew, with a new code, for a new key. The old keys stay until the new one
has its certificate; `end_replaced` then takes part in the same transaction (`enrollment.certify`), so that at no moment both could sign.
"""

from hsm.change import Change
from hsm.credential import complete_destruction
from hsm.errors import CredentialUnknown, CredentialUnusable, NotNew
from hsm.journal import Event
from hsm.messages import DestroyReply, DestroyRequest, ReplaceReply, ReplaceRequest
from hsm.records import Credential
from hsm.sam import Sam

BY = "operator"


def replace(sam: Sam, request: ReplaceRequest) -> ReplaceReply:
    """
    Mark every key that a signer has as one that ends with an enrolment that is still to come.

    Raises:
        CredentialUnknown: the signer has none.
        NotNew: there is such an enrolment already.
    """
    with sam.store.change(sam.now()) as change:
        if change.has_enrollment(request.enrollment_id):
            raise NotNew(request.enrollment_id)
        marked = change.credentials_of(request.signer)
        if not marked:
            raise CredentialUnknown("this signer has no key")
        for credential in marked:
            change.set_credential(credential, replaced_by=request.enrollment_id)
        names = [credential.credential_id for credential in marked]
        change.journal(Event.REPLACEMENT_INTENDED, request.enrollment_id, by=BY, signer=request.signer, credentials=names)
    return ReplaceReply(tuple(names))


def end_replaced(change: Change, certified: Credential) -> list[str]:
    """Mark as destroyed what ends with the enrolment of a key that is being certified; gives what is then to be taken off the token."""
    ended = [one for one in change.credentials_replaced_by(certified.enrollment_id) if one.signer == certified.signer]
    for credential in ended:
        change.set_credential(credential, state="destroyed")
        change.journal(Event.REPLACED, credential.credential_id, by=BY, enrollment=certified.enrollment_id)
    return [credential.credential_id for credential in ended]


def destroy(sam: Sam, request: DestroyRequest) -> DestroyReply:
    """
    Destroy a key.

    Raises:
        CredentialUnknown, CredentialUnusable: there is no such key, or not any more.
        HsmUnavailable: it is marked as destroyed and is of no use to anyone; the SAM will take it off the token by itself.
    """
    credential = sam.store.credential(request.credential_id)
    if credential.state == "destroyed":
        raise CredentialUnusable(credential.state)
    with sam.store.change(sam.now()) as change:
        change.set_credential(credential, state="destroyed")
        change.journal(Event.ENDED, credential.credential_id, by=BY)
    complete_destruction(sam, credential.credential_id)
    return DestroyReply()
