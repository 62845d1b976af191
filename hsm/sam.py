"""What every operation of the SAM works with, in one value; operations are plain functions of it and of one request."""

import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore, Lock

from hsm.assertion import RelyingParty
from hsm.cryptoki import Token
from hsm.keyring import Keyring
from hsm.messages import Factors
from hsm.revocation import StatusPolicy
from hsm.store import Store
from hsm.vault import Random

Clock = Callable[[], float]  # unix seconds
# One PIN takes 64 MiB and four threads for as long as it is checked (`pin`): without a limit a few requests would take all of the memory.
PINS_AT_ONCE = 2


class InFlight:
    """
    Which authorizations this process is working on right now.

    An activation without outcome that is not among them was abandoned, and is `unknown`; a try of PIN and code that is not among them was
    wrong. This only tells those two apart; single use, and the count of tries, rest on the store alone.
    """

    def __init__(self) -> None:
        self._requests: Counter[str] = Counter()
        self._lock = Lock()

    def __contains__(self, authorization_id: str) -> bool:
        with self._lock:
            return self._requests[authorization_id] > 0

    @contextmanager
    def holding(self, authorization_id: str) -> Iterator[None]:
        """Count one request for an authorization while the block runs; several may ask for the same at once."""
        with self._lock:
            self._requests[authorization_id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._requests[authorization_id] -= 1
                self._requests += Counter()  # drops what counts nothing


@dataclass(frozen=True)
class Sam:
    """
    The token, the keys on it, the records, whose passkeys count, the time, policy, and chance.

    `recovery_wait_s` is how long a passkey that was made with a recovery code waits before it may approve.
    `in_flight` is what is being activated, `trying` what PIN and code are being looked at for. `enrolling` is held while a key is being
    made, `hashing` while a PIN is checked or set. Whatever has no certificate `uncertified_life_s` after it was begun is forgotten.
    """

    token: Token
    keyring: Keyring
    store: Store
    party: RelyingParty
    now: Clock
    sad_life_s: int
    status_policy: StatusPolicy
    factors: Factors
    uncertified_life_s: int = 31 * 86_400
    random: Random = secrets.token_bytes
    recovery_wait_s: int = 86_400
    in_flight: InFlight = field(default_factory=InFlight)
    trying: InFlight = field(default_factory=InFlight)
    enrolling: AbstractContextManager[object] = field(default_factory=Lock)
    hashing: AbstractContextManager[object] = field(default_factory=lambda: BoundedSemaphore(PINS_AT_ONCE))
