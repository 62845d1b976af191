"""
`make fuzz`: 20,000 calls and more with a seed that is printed; `SEED=…` makes the same calls again.

It fails where something is found, and where fewer calls were made.
"""

import os
import random
import sys
import tempfile
from pathlib import Path

from tests.fuzz.run import fuzz

CALLS = 20_000
PER_OPERATION = int(os.environ.get("PER_OPERATION", "480"))
WITHIN_S = 3_600.0


def main() -> int:
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**32))
    print(f"SEED={seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        result = fuzz(Path(folder), per_operation=PER_OPERATION, seed=seed, within_s=WITHIN_S)
    print(result.report)
    for call, statuses in sorted(result.tally.items()):
        print(f"{call}: {', '.join(f'{count} × {status}' for status, count in sorted(statuses.items()))}")
    enough = result.calls >= CALLS
    few = "" if enough else f", fewer than {CALLS}: no run to rely on"
    print(f"{result.calls} calls{few}, SEED={seed}: {'nothing found' if result.ok else 'see above'}")
    return 0 if result.ok and enough else 1


if __name__ == "__main__":
    sys.exit(main())
