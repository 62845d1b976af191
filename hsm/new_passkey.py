"""
New passkeys before anyone has approved them: what the operator takes, and whether one would be taken.

Nothing here records or grants anything; a passkey comes in by `enrollment` or `amendment`, which look for themselves.
"""

from contextlib import suppress

from hsm.assertion import verify_registration
from hsm.errors import Malformed
from hsm.messages import (
    ExamineReply,
    NewPasskeyTransaction,
    NotCanonical,
    PasskeyPolicyReply,
    RecoverTransaction,
    Registration,
    challenge,
    parse_transaction,
)
from hsm.sam import Sam

ANSWERED = (NewPasskeyTransaction, RecoverTransaction)


def passkey_policy(sam: Sam) -> PasskeyPolicyReply:
    """Tell what the operator takes for a new passkey."""
    taken = sam.party.taken
    return PasskeyPolicyReply(bool(taken.roots), taken.models, taken.synced)


def examine(sam: Sam, request: Registration) -> ExamineReply:
    """
    Tell whether a new passkey would be taken, so that nobody is asked in vain.

    Raises:
        Malformed, EvidenceRefused, PasskeyUnacceptable, PasskeySynced: it would not.
    """
    for kind in ANSWERED:
        with suppress(NotCanonical):
            parse_transaction(request.transaction, kind)
            return ExamineReply(verify_registration(sam.party, request.response, challenge(kind, request.transaction)))
    raise Malformed("not a transaction that a new passkey answers")
