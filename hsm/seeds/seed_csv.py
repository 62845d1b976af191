"""
Seeds from a CSV file (RFC 4180): columns serial, seed, kind, algorithm, digits and period, in this order, under a line with these names.

The seed is hex or base32 (RFC 4648); one that could be either has to begin with `hex:` or `base32:`. For OCRA the algorithm is the suite;
only TOTP has a period. The file is not encrypted: whoever has it has the seeds.
"""

import base64
import binascii
import csv
import io
import re
from collections.abc import Callable, Iterator
from functools import partial

from hsm.errors import SeedsRefused
from hsm.seeds.seed import Seed, gather, make_seed, require_size

COLUMNS = ["serial", "seed", "kind", "algorithm", "digits", "period"]

_NUMBER = re.compile("[0-9]{1,3}")


def read_seed_csv(raw: bytes) -> tuple[Seed, ...]:
    """Read a file of seeds, in its order; raises SeedsRefused with a sentence for each line that can't be taken, and its number."""
    require_size(raw)
    try:
        text = raw.decode("utf-8-sig")  # spreadsheets put a byte order mark before it
    except UnicodeDecodeError:
        raise SeedsRefused("not UTF-8") from None
    return gather(_lines(text))


def _lines(text: str) -> Iterator[tuple[str, Callable[[], Seed]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        if next(reader, None) != COLUMNS:
            raise SeedsRefused(f"line 1: not {','.join(COLUMNS)}")
        for cells in reader:
            if cells:
                yield f"line {reader.line_num}", partial(_read, cells)
    except csv.Error:
        raise SeedsRefused(f"line {reader.line_num}: not CSV, nor is what follows read") from None


def _read(cells: list[str]) -> Seed:
    if len(cells) != len(COLUMNS):
        raise SeedsRefused(f"not {len(COLUMNS)} cells")
    serial, seed, kind, algorithm, digits, period = cells
    return make_seed(serial, _secret(seed), kind, algorithm, _number(digits), _number(period) if period else None)


def _number(text: str) -> int:
    return int(text) if _NUMBER.fullmatch(text) else -1  # no number is as wrong as a number that isn't allowed


def _secret(text: str) -> bytes:
    encoding, _, rest = text.rpartition(":")
    found = [read for name, read in (("hex", _hex(rest)), ("base32", _base32(rest))) if read is not None and encoding in ("", name)]
    if not found:
        raise SeedsRefused("the seed is neither hex nor base32")
    if len(found) > 1:
        raise SeedsRefused("the seed could be hex or base32: begin it with hex: or base32:")
    return found[0]


def _hex(text: str) -> bytes | None:
    try:
        return binascii.unhexlify(text)
    except ValueError:
        return None


def _base32(text: str) -> bytes | None:
    digits = text.rstrip("=").upper()
    try:
        read = base64.b32decode(digits + "=" * (-len(digits) % 8))
    except ValueError:
        return None
    # Bits that stand beyond the last byte say that a character was lost.
    return read if base64.b32encode(read).decode().rstrip("=") == digits else None
