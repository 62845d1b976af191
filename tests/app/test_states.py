"""The state machine: where each state may lead, and when time ends it."""

import itertools

import msgspec
import pytest

from app.domain.authorization import MOVES, Authorization, State
from app.problems import ENDS

ENDED = set(State) - {State.PENDING, State.APPROVED}


def authorization(state: State, **fields: int) -> Authorization:
    """An authorization asked at 1,000 for 180 s; approved, it may be used until 1,200."""
    one = Authorization(
        id="A" * 22,
        application_id="B" * 22,
        user_id="taro",
        credential_id="C" * 22,
        transaction=b"",
        state=state,
        reason=None,
        code=None,
        code_tries=0,
        created=1_000,
        expires=1_180,
        decided_at=None,
        usable_until=1_200 if state is State.APPROVED else None,
    )
    return msgspec.structs.replace(one, **fields)


@pytest.mark.parametrize("state", sorted(ENDED))
def test_an_end_is_an_end(state: State) -> None:
    """No way leads out of it."""
    assert not MOVES.get(state)


def test_no_state_leads_back() -> None:
    """Nothing becomes pending again, nothing that was decided becomes approved again, and no refusal follows an approval."""
    for old, new in itertools.product(State, State):
        if new in MOVES.get(old, ()):
            assert new is not State.PENDING
            assert old is not new
    assert MOVES[State.APPROVED].isdisjoint({State.REFUSED, State.EXPIRED, State.CANCELLED})


def test_every_end_can_be_reached() -> None:
    """From pending, for the SAM may be ahead of our record by several steps."""
    assert MOVES[State.PENDING] == set(State) - {State.PENDING}


@pytest.mark.parametrize("state", sorted(ENDED))
def test_every_end_has_words_for_applications(state: State) -> None:
    """`authorizeCheck` can say how it ended, whichever way."""
    error, description = ENDS[state]
    assert error.isidentifier()
    assert description


@pytest.mark.parametrize(
    ("state", "now", "over"),
    [
        (State.PENDING, 1_179.9, False),
        (State.PENDING, 1_180, True),
        (State.APPROVED, 1_199.9, False),
        (State.APPROVED, 1_200, True),
        (State.SIGNED, 9_999, False),
        (State.EXPIRED, 9_999, False),
    ],
)
def test_time_runs_out_for_what_waits(state: State, now: float, over: bool) -> None:
    """A request at its end, an approval at the end of its SAD; what has ended is never over again."""
    assert authorization(state).is_over(now) is over
