"""What an operator lets one application ask, beyond what holds for all; None means: as for all."""

from msgspec import Struct

MINUTE_S, DAY_S = 60, 86_400


class Policy(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """
    `most_documents` in one request; `longest_life_s` that a request may wait (seconds), also where it names no time; `passkey_only`: no
    one-time password approves for it, whatever the key allows. `per_minute` and `per_day` are requests, of all signers together.
    """

    most_documents: int | None = None
    longest_life_s: int | None = None
    passkey_only: bool = False
    per_minute: int | None = None
    per_day: int | None = None

    @property
    def quotas(self) -> tuple[tuple[int, int], ...]:
        """Give how many requests may come within how many seconds."""
        pairs = ((self.per_minute, MINUTE_S), (self.per_day, DAY_S))
        return tuple((most, seconds) for most, seconds in pairs if most is not None)
