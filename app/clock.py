"""The time, as an argument: unix seconds."""

import time
from collections.abc import Callable

Clock = Callable[[], float]


def system_clock() -> float:
    """Give the time of this machine."""
    return time.time()
