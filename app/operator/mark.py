"""
An application's mark: a small PNG (ISO/IEC 15948), shown beside its name.

It is taken apart and put together anew from the chunks that make the picture: comments, profiles, animations and what follows the end
are left out. The picture itself is not decoded here.
"""

import struct
import zlib

from app.operator.refusal import Refusal

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_BYTES = 64_000
SIDES = (32, 1024)
KEPT = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")


def read_mark(raw: bytes) -> bytes:
    """Read a mark; raises Refusal where it is no PNG, is damaged, too big, or not square."""
    if len(raw) > MAX_BYTES:
        raise Refusal(f"A mark has at most {MAX_BYTES // 1000} kB.")
    chunks = _chunks(raw)
    if chunks[0][0] != b"IHDR" or chunks[-1][0] != b"IEND" or all(kind != b"IDAT" for kind, _ in chunks) or len(chunks[0][1]) != 13:
        raise Refusal("A mark is a PNG file.")
    width, height = struct.unpack(">II", chunks[0][1][:8])
    if width != height or not SIDES[0] <= width <= SIDES[1]:
        raise Refusal(f"A mark is square, with sides of {SIDES[0]} to {SIDES[1]} pixels.")
    return SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks if kind in KEPT)


def _chunks(raw: bytes) -> list[tuple[bytes, bytes]]:
    if not raw.startswith(SIGNATURE):
        raise Refusal("A mark is a PNG file.")
    found: list[tuple[bytes, bytes]] = []
    place = len(SIGNATURE)
    while not found or found[-1][0] != b"IEND":
        head = raw[place : place + 8]
        length = int.from_bytes(head[:4])
        data = raw[place + 8 : place + 8 + length]
        if len(head) < 8 or raw[place + 8 + length : place + 12 + length] != struct.pack(">I", zlib.crc32(head[4:] + data)):
            raise Refusal("This PNG file is damaged.")
        found.append((head[4:], data))
        place += 12 + length
    return found


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
