"""
Reads what pkcs11-spy (Debian: opensc-pkcs11) wrote of a SAM's PKCS#11 calls, and so counts signatures where the HSM makes them.

The SAM's own MACs are C_Sign too, and each signature is two C_Sign calls, the first of which only asks for its length.
"""

import re
from collections import Counter
from pathlib import Path

SPY = next((path for path in sorted(Path("/usr/lib").glob("*/pkcs11-spy.so"))), Path("/usr/lib/pkcs11-spy.so"))
P256_SIGNATURE_BYTES = 64  # a MAC has 32

# Threads write over each other within a line; these pieces are each written at once.
_MADE = re.compile(rb"[0-9a-f]{16} / %d\n" % P256_SIGNATURE_BYTES)
_BEGUN = re.compile(rb"type = CKM_ECDSA ")
_CALL = re.compile(rb"^\d+: (C_\w+)$", re.MULTILINE)
_BYTES = re.compile(rb"^    [0-9A-F]{8}  ((?:[0-9A-F]{2} ){1,16})", re.MULTILINE)


def count_signatures(log: Path) -> int:
    """Count the P-256 signatures that the HSM gave out."""
    text = log.read_bytes()
    made = len(_MADE.findall(text))
    assert made == len(_BEGUN.findall(text)), "every C_SignInit ends in one signature"
    return made


def signed_digests(log: Path) -> Counter[bytes]:
    """Count the P-256 signatures that the HSM gave out, by what it signed; for a SAM with one session only."""
    made: Counter[bytes] = Counter()
    text = log.read_bytes()
    starts = [match.start() for match in _CALL.finditer(text)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        call = text[start:end]
        if _MADE.search(call):
            data = call[: call.index(b"[out]")]
            made[b"".join(bytes.fromhex(line.decode()) for line in _BYTES.findall(data))] += 1
    assert made.total() == count_signatures(log)
    return made
