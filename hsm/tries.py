"""
How many wrong tries of PIN and one-time password there may be since the last right one: 5 for one authorization, 10 for one enrolment.

A try is counted before anything is compared, so those that are being looked at are among them. Kept as text: the ids of the authorizations
that they were for, one for each try. It stores nothing; `otp_approval` does, durably.
"""

from hsm.errors import TriesUsedUp

MAX_FOR_ONE = 5
MAX_IN_A_ROW = 10


def counted(wrong: str, authorization_id: str) -> str:
    """Count one more try; raises TriesUsedUp where there may be no more."""
    tries = wrong.split()
    if len(tries) >= MAX_IN_A_ROW:
        raise TriesUsedUp("locked: too many wrong tries in a row")
    if tries.count(authorization_id) >= MAX_FOR_ONE:
        raise TriesUsedUp("too many wrong tries for this authorization")
    return " ".join([*tries, authorization_id])


def is_locked(wrong: str) -> bool:
    return len(wrong.split()) >= MAX_IN_A_ROW


def is_used_up(wrong: str, authorization_id: str) -> bool:
    """Tell whether there may be no more tries for one authorization."""
    return wrong.split().count(authorization_id) >= MAX_FOR_ONE


def tries_left(wrong: str, authorization_id: str) -> int:
    """Tell how often may still be tried for one authorization, as long as nobody tries for another one of the same enrolment."""
    tries = wrong.split()
    return max(0, min(MAX_FOR_ONE - tries.count(authorization_id), MAX_IN_A_ROW - len(tries)))
