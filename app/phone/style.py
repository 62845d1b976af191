"""
The style of the signer's pages, which stands in each of them, and the only one that their security policy lets stand in a page.

So the first paint waits for one request instead of two (docs/decisions/019). CSP Level 3 §6.7.3.3: the policy names the digest of its text.
"""

import base64
import hashlib
import struct
import zlib
from functools import cache

from app.phone.static import STATIC

END = b"</style>"
GZIP_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"  # RFC 1952 §2.3: deflate, no name, no time, no known system


@cache
def style() -> str:
    """Give its text."""
    return (STATIC / "natsuin.css").read_text()


def style_source() -> str:
    """Name it as a source of styles, for the security policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()}'"


def packed(page: bytes) -> bytes:
    """
    Give a page as gzip (RFC 1952) in which only its beginning is compressed, up to the end of the style; the rest is stored as it is.

    The beginning is the same for everybody, so the length still says nothing about what an application wrote beside a secret (BREACH).
    """
    begin = page.index(END) + len(END)
    stored = zlib.compressobj(0, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = _deflated(page[:begin]) + stored.compress(page[begin:]) + stored.flush()
    return GZIP_HEADER + body + struct.pack("<II", zlib.crc32(page), len(page))


@cache
def _deflated(beginning: bytes) -> bytes:
    compressing = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressing.compress(beginning) + compressing.flush(zlib.Z_FULL_FLUSH)
