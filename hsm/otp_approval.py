"""
`approve` with PIN and one-time password, for a credential whose policy allows it: the fallback where no passkey is at hand.

The numbers are those of `approval.approve`, in docs/flow.md and in the tests. A code binds nothing but the moment (and an OCRA answer its
transaction): what that means is in docs/threats.md. Nothing here signs.
"""

from contextlib import suppress

from hsm.approval import parse, require_new_and_current, usable_credential
from hsm.errors import EvidenceRefused, Malformed, NotNew
from hsm.journal import Event
from hsm.messages import ApproveReply, ApproveRequest, Otp, Outcome, SignInTransaction, SignTransaction
from hsm.otp_secrets import challenge_of, is_usable, right_both
from hsm.records import Approval, Credential, PinRecord, TokenRecord
from hsm.sam import Sam
from hsm.tries import counted, is_used_up, tries_left


def approve_with_otp(sam: Sam, request: ApproveRequest) -> ApproveReply:
    """
    Check PIN and one-time password for a transaction, and record the approval.

    Raises:
        Refused: the step that failed says which; nothing was recorded but the refusal, the try, and after too many the end of it all.
    """
    now = sam.now()
    transaction = parse(request.transaction)  # (0)
    otp = the_otp(request)
    require_new_and_current(sam, transaction, now)  # (1)
    credential = usable_credential(sam, transaction, request.status, now)  # (2)
    token = allowed_token(sam, credential, otp, now)  # (3)
    approval = decide_if_right(sam, request.transaction, transaction, token, otp, Outcome.APPROVED, now)  # (4) (5) (6)
    return ApproveReply(approval.usable_until)


def the_otp(request: ApproveRequest) -> Otp:
    """(0) Give PIN and code, where they are all that there is of evidence; raises Malformed."""
    if request.otp is None or request.assertion is not None:
        raise Malformed("not exactly one kind of evidence")
    return request.otp


def allowed_token(sam: Sam, credential: Credential, otp: Otp, now: float) -> TokenRecord:
    """(3) The credential's policy allows it, and the token's record holds, is an active one of this enrolment, and within its dates."""
    if credential.factors != "passkey_or_otp":
        raise EvidenceRefused("this credential is used with a passkey only")
    token = sam.store.token(otp.token_id)
    if token.enrollment_id != credential.enrollment_id or token.state != "active":
        raise EvidenceRefused("no active token of this enrolment")
    if not is_usable(token, now):
        raise EvidenceRefused("the token is not within its dates")
    return token


def decide_if_right(
    sam: Sam, raw: bytes, transaction: SignTransaction | SignInTransaction, token: TokenRecord, otp: Otp, outcome: Outcome, now: float
) -> Approval:
    """
    Count the try, check PIN and code, and record what that decides.

    Raises:
        EvidenceRefused: with the tries that are left; the last wrong one ended the transaction as refused.
        NotNew: it was decided in between.
    """
    try:
        with sam.trying.holding(transaction.id):
            return _decide_if_right(sam, raw, transaction.id, token, otp, outcome, now)
    except EvidenceRefused as refused:
        refused.tries_left = refuse_if_used_up(sam, raw, transaction.id, token)
        raise


def _decide_if_right(sam: Sam, raw: bytes, transaction_id: str, token: TokenRecord, otp: Otp, outcome: Outcome, now: float) -> Approval:
    enrollment_id = str(token.enrollment_id)
    pin = count_try(sam, transaction_id, token, enrollment_id, now)  # (4)
    stand, verifier = right_both(sam, token, pin, otp, raw, now)
    decided_at = int(sam.now())
    decision = Approval(
        authorization_id=transaction_id,
        outcome=outcome.value,
        reason=None,
        transaction=raw,
        decided_at=decided_at,
        usable_until=decided_at + sam.sad_life_s if outcome is Outcome.APPROVED else 0,
        factor="otp",
    )
    with sam.store.change(sam.now()) as change:
        change.change_token(token, drift=stand.drift, last=stand.last)  # (5)
        current = change.pin(enrollment_id)
        if current.verifier != pin.verifier:
            raise EvidenceRefused("the PIN was replaced by another request")
        change.change_pin(current, wrong="", verifier=verifier)
        change.decide(decision, **evidence_of(token, raw))  # (6)
    return decision


def count_try(sam: Sam, authorization_id: str, token: TokenRecord, enrollment_id: str, now: float) -> PinRecord:
    """
    (4) Count a try durably before anything is compared, and give the PIN's record as it is then.

    Raises:
        TriesUsedUp: there were too many wrong ones.
        NotNew: the authorization was decided in between.
    """
    with sam.store.change(now) as change:
        change.require_undecided(authorization_id)
        pin = change.pin(enrollment_id)
        pin = change.change_pin(pin, wrong=counted(pin.wrong, authorization_id))
        change.journal(Event.TRIED, authorization_id, token=token.serial, kind=token.kind)
    return pin


def refuse_if_used_up(sam: Sam, raw: bytes, transaction_id: str, token: TokenRecord) -> int:
    """End what has no tries left, not while one is still being looked at, which may be right; give how many tries are left."""
    now = sam.now()
    refusal = Approval(
        authorization_id=transaction_id,
        outcome=Outcome.REFUSED.value,
        reason="wrong_code",
        transaction=raw,
        decided_at=int(now),
        usable_until=0,
    )
    left = 0
    with suppress(NotNew), sam.store.change(now) as change:
        wrong = change.pin(str(token.enrollment_id)).wrong
        left = tries_left(wrong, transaction_id)
        if is_used_up(wrong, transaction_id) and transaction_id not in sam.trying:
            change.decide(refusal)
    return left


def evidence_of(token: TokenRecord, raw: bytes) -> dict[str, str]:
    """What can be said of it later, without PIN or code: nobody can verify it without the seed."""
    said = {"factor": "otp", "token": token.serial, "kind": token.kind}
    challenge = challenge_of(token, raw)
    return said if challenge is None else said | {"suite": str(token.suite), "challenge": challenge}
