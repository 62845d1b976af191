"""A letter as the operator gets it, and as the person reads it."""

import os
from dataclasses import dataclass
from pathlib import Path

from demo.ca.code import read_code
from tests.demo.ca_letter import read_letter
from tests.harness.stack import Stack


@dataclass(frozen=True)
class Letter:
    """Whom it is for, what is in it, and what the operator was told."""

    user_id: str
    printed: str
    url: str
    text: str
    told: dict[str, object]

    @property
    def code(self) -> str:
        """The twenty letters."""
        return read_code(self.printed)


def new_letter(stack: Stack, folder: Path, user_id: str | None = None, *options: str) -> Letter:
    """Let a person enrol by letter, and read it as printed."""
    user_id = user_id or f"user-{os.urandom(4).hex()}"
    pdf = folder / f"{os.urandom(4).hex()}.pdf"
    told = stack.natsuin("signer", "add", user_id, "--name", "山田 太郎", "--letter", str(pdf), *options)
    read = read_letter(pdf)
    assert read.qr is not None
    return Letter(user_id, read.code, read.qr, read.text, told)
