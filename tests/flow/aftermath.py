"""
Leaves a SAM's records as a crash and the passing of time would: one approval spent without an outcome, another one out of time.

A program of its own, for a SAM that is not running: `python -m tests.flow.aftermath SPENT LAPSED`, in the SAM's environment.
"""

import sys

from hsm.__main__ import start
from hsm.config import read_config
from hsm.messages import Outcome
from hsm.records import APPROVALS, Activation
from tests.harness.records import reseal


def main(spent: str, lapsed: str) -> None:
    """Change the two approvals."""
    sam = start(read_config())
    with sam.store.change(sam.now()) as change:
        change.spend(Activation(spent, bytes(32), None, Outcome.INTENDED.value))
    reseal(sam, APPROVALS, lapsed, usable_until=int(sam.now()))
    sam.store.close()
    sam.token.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
