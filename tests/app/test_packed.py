"""A page as gzip whose beginning alone is compressed: any reader of gzip gets it back, and its length says nothing of what it holds."""

import gzip
import random

from app.phone.style import packed, style

BEGINNING = f"<!doctype html><style>{style()}</style>".encode()


def test_any_reader_gets_the_page_back() -> None:
    """Also where the rest is longer than a stored block may be (RFC 1951 §3.2.4)."""
    for length in (0, 1, 65_535, 200_000):
        page = BEGINNING + random.randbytes(length)
        assert gzip.decompress(packed(page)) == page


def test_the_length_tells_only_the_length() -> None:
    """A rest that repeats itself, or the style, is no shorter than any other."""
    lengths = {len(packed(BEGINNING + rest)) for rest in (random.randbytes(5_000), b"a" * 5_000, style().encode()[:5_000])}
    assert len(lengths) == 1
