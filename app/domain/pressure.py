"""
What became of one application's latest requests to one signer, and what follows: quiet after refusals, then nothing for a time that grows.

An approval ends it. It knows nothing of other applications: what all together may ask of a signer is limited elsewhere.
"""

from msgspec import Struct

COUNTED_S = 86_400  # a refusal is forgotten after a day
FIRST_WAIT_S, LONGEST_WAIT_S = 300, 14_400


class Unwanted(Struct, frozen=True):
    """How many requests were refused, or left alone until they expired, since the last approval, and when the last was (unix seconds)."""

    count: int = 0
    last: int = 0

    def wait_s(self, refuse_after: int, now: float) -> int:
        """Say how long nothing more is taken; 0 where the next request may come. Each refusal doubles it."""
        if self.count < refuse_after:
            return 0
        doubled = FIRST_WAIT_S << min(self.count - refuse_after, 10)
        return max(0, self.last + min(doubled, LONGEST_WAIT_S) - int(now))
