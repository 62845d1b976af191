"""
`sign_in`: PIN and one-time password say who is there, where no passkey is at hand. Nothing here approves, signs or changes anything.

The numbers are those in docs/flow.md and in the tests; (4) to (6) are `otp_approval`'s, with the same count of wrong tries.
"""

from hsm.approval import require_new_and_current
from hsm.errors import CredentialUnknown, CredentialUnusable, Malformed
from hsm.messages import MAX_SIGN_IN_LIFE_S, NotCanonical, Outcome, SignInRequest, SignInTransaction, parse_transaction
from hsm.otp_approval import allowed_token, decide_if_right
from hsm.records import Credential
from hsm.sam import Sam


def sign_in(sam: Sam, request: SignInRequest) -> None:
    """
    Check PIN and one-time password for a sign-in, and record that they were right: the answer is all that comes of it.

    Raises:
        Refused: the step that failed says which; nothing was recorded but the refusal, the try, and after too many the end of it all.
    """
    now = sam.now()
    transaction = parse(request.transaction)  # (0)
    require_new_and_current(sam, transaction, now, MAX_SIGN_IN_LIFE_S)  # (1)
    credential = own_credential(sam, transaction)  # (2)
    token = allowed_token(sam, credential, request.otp, now)  # (3)
    decide_if_right(sam, request.transaction, transaction, token, request.otp, Outcome.SIGNED_IN, now)  # (4) (5) (6)


def parse(raw: bytes) -> SignInTransaction:
    """(0) Read the transaction strictly, within limits; raises Malformed."""
    try:
        return parse_transaction(raw, SignInTransaction)
    except NotCanonical as error:
        raise Malformed(str(error)) from None


def own_credential(sam: Sam, transaction: SignInTransaction) -> Credential:
    """(2) The credential is of the enrolment and the signer that are named, and not destroyed; a frozen one may be looked after."""
    credential = sam.store.credential(transaction.credential_id)
    if (credential.enrollment_id, credential.signer) != (transaction.enrollment_id, transaction.signer):
        raise CredentialUnknown("another enrolment's")
    if credential.state != "enabled":
        raise CredentialUnusable(credential.state)
    return credential
