"""A letter on its way from the CA to a file: new, for its owner's eyes only, and gone again where it opens nothing."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from app.cli.output import Refusal


@contextmanager
def letter_file(path: Path) -> Iterator[BinaryIO]:
    """Open a new file; durable when the block ends, removed where it raises. Raises Refusal where it can't be made."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refusal(f"There is {path} already; a letter is not written over anything.") from None
    except OSError as error:
        raise Refusal(f"{path} can't be written: {error.strerror}.") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
    except BaseException:
        path.unlink()
        raise
