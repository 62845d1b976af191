"""Files that nobody else may read: made once, complete or not at all; this module does not know what is in them."""

import os
from collections.abc import Callable
from pathlib import Path


def read_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    """
    Return what the file holds; where there is none yet, write what `make` returns, readable by the owner alone.

    The directory comes with it. The link at the end is what makes the file appear: whole, or, where another process was faster, that one's.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass  # another process was faster: its content counts
        finally:
            draft.unlink()
    return path.read_bytes()
