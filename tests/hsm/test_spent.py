"""What was spent is remembered for as long as it matters, and no longer."""

from hsm.spent import CLOCK_SLACK_S, NEVER, Spent
from tests.harness.sam import NOW

UNTIL = int(NOW) + 100


def test_spent_approvals_are_remembered_until_their_evidence_is_over() -> None:
    """And a little longer, for a clock that was put back; then they take no memory."""
    spent = Spent()
    spent.add("first", UNTIL, NOW)
    spent.add("for ever", NEVER, NOW)
    spent.add("second", UNTIL + 1, UNTIL + CLOCK_SLACK_S)
    assert all(name in spent for name in ("first", "for ever", "second"))

    spent.add("third", UNTIL + 1_000, UNTIL + CLOCK_SLACK_S + 0.5)
    assert "first" not in spent
    assert all(name in spent for name in ("for ever", "second", "third"))


def test_what_was_never_spent_is_not_remembered() -> None:
    """Nor is what was over before it was added."""
    spent = Spent()
    assert "first" not in spent
    spent.add("first", UNTIL, UNTIL + CLOCK_SLACK_S + 1)
    assert "first" not in spent
