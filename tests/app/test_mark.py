"""An application's mark: a small square PNG, put together anew from the chunks that make its picture."""

import struct
import zlib

import pytest

from app.operator.mark import SIGNATURE, read_mark
from app.operator.refusal import Refusal


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(side: int = 64, height: int | None = None, *more: bytes) -> bytes:
    """Make a grey picture, with further chunks before its data."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, height or side, 8, 0, 0, 0, 0))
    lines = zlib.compress(b"".join(b"\0" + b"\x80" * side for _ in range(height or side)))
    return SIGNATURE + head + b"".join(more) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


def test_a_picture_stays_the_picture() -> None:
    assert read_mark(png()) == png()


def test_what_is_no_picture_is_left_out() -> None:
    """Comments, profiles, and what hides behind the end."""
    beside = chunk(b"tEXt", b"Comment\0<script>alert(1)</script>"), chunk(b"iCCP", b"x"), chunk(b"eXIf", b"x"), chunk(b"acTL", b"x" * 8)
    assert read_mark(png(64, None, *beside) + b"<script>alert(1)</script>") == png()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"\xff\xd8\xff\xe0 a JPEG",
        SIGNATURE,
        png()[:-1],
        png()[:40],
        png().replace(b"IDAT", b"IDAU"),
        SIGNATURE + chunk(b"IEND", b""),
        SIGNATURE + chunk(b"IHDR", b"\0" * 5) + chunk(b"IDAT", b"") + chunk(b"IEND", b""),
        SIGNATURE + struct.pack(">I", 0xFFFFFFFF) + b"IHDR",
        png(64, 65),
        png(31),
        png(1025),
        png(64, None, chunk(b"tEXt", b"x" * 64_000)),
    ],
)
def test_whatever_else_is_refused(raw: bytes) -> None:
    with pytest.raises(Refusal):
        read_mark(raw)
