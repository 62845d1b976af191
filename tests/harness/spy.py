"""
Reads what pkcs11-spy (Debian: opensc-pkcs11) wrote of a SAM's PKCS#11 calls, and so counts signatures where the HSM makes them.

The SAM's own MACs are C_Sign too, and each signature is two C_Sign calls, the first of which only asks for its length.
"""

import re
from collections import Counter
from pathlib import Path

SPY = next((path for path in sorted(Path("/usr/lib").glob("*/pkcs11-spy.so"))), Path("/usr/lib/pkcs11-spy.so"))
P256_SIGNATURE_BYTES = 64  # a MAC has 32

_MADE = re.compile(rb"^\[out\] pSignature\[\*pulSignatureLen\] [0-9a-f]+ / %d$" % P256_SIGNATURE_BYTES, re.MULTILINE)
# Threads write into each other's lines; this piece is written at once.
_BEGUN = re.compile(rb"type = CKM_ECDSA ")
_CALL = re.compile(rb"^\d+: (C_\w+)$", re.MULTILINE)
_BYTES = re.compile(rb"^    [0-9A-F]{8}  ((?:[0-9A-F]{2} ){1,16})", re.MULTILINE)


def count_signatures(log: Path) -> int:
    """Count the P-256 signatures that were begun at the HSM; each ends in one signature, or in none."""
    return len(_BEGUN.findall(log.read_bytes()))


def signed_digests(log: Path, since: int = 0) -> Counter[bytes]:
    """Count the P-256 signatures that the HSM gave out, by what it signed; for a SAM with one session. `since` is a place in the log."""
    made: Counter[bytes] = Counter()
    with log.open("rb") as file:
        file.seek(since)
        text = file.read()
    starts = [match.start() for match in _CALL.finditer(text)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        call = text[start:end]
        if _MADE.search(call):
            data = call[: call.index(b"[out]")]
            made[b"".join(bytes.fromhex(line.decode()) for line in _BYTES.findall(data))] += 1
    return made
