"""
The record of what operators did: who, when, by which way, and how it ended. No record, no act.

An act that was begun and has no end was cut off; what became of it, its subject shows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from app.clock import system_clock
from app.domain.identifiers import new_id
from app.errors import NatsuinError
from app.operator.desk import Desk
from app.operator.refusal import Refusal
from app.store import acts
from app.store.acts import Act

SHOWN = 1_000
LONGEST_SUBJECT = 100


@contextmanager
def recorded(desk: Desk, act: str, subject: str) -> Iterator[None]:
    """Record an act before it is done, and how it ended afterwards; raises StoreUnavailable, and then it is not done."""
    begun = Act(new_id(), int(system_clock() * 1_000), desk.actor.name, desk.actor.way, act, subject.replace("\0", "")[:LONGEST_SUBJECT])
    desk.database.write_now(acts.begin, begun)
    try:
        yield
    except (Refusal, NatsuinError):
        desk.database.write_now(acts.end, begun.id, "refused")
        raise
    desk.database.write_now(acts.end, begun.id, "done")


def listed(desk: Desk) -> list[dict[str, Any]]:
    """List the newest acts, the newest first."""
    return [
        {
            "id": one.id,
            "at": f"{datetime.fromtimestamp(one.at_ms / 1_000, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "who": one.who,
            "way": one.way,
            "act": one.act,
        }
        | {"subject": one.subject, "outcome": one.outcome}
        for one in desk.database.read_now(acts.newest, SHOWN)
    ]
