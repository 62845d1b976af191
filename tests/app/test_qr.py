"""The QR code as a path: drawn again, it is the picture that the library makes."""

import re

import segno

from app.phone.qr import QUIET, qr_code

LINK = "https://sign.example.jp/new-device#Zk81vB3uT0a9LwPeQm7xRd"


def test_path_draws_the_dark_modules_and_no_other() -> None:
    """Every dark module once, within a quiet zone of four modules (ISO/IEC 18004 §5.3.8)."""
    drawn = qr_code(LINK)
    side = int(drawn["viewBox"].split()[2])
    dark: set[tuple[int, int]] = set()
    runs = re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", drawn["d"])
    assert "".join(f"M{x} {y}h{width}v1h-{back}z" for x, y, width, back in runs) == drawn["d"]
    for x, y, width, back in runs:
        assert width == back
        cells = {(int(x) + step, int(y)) for step in range(int(width))}
        assert not cells & dark
        dark |= cells
    matrix = segno.make(LINK, error="m", micro=False).matrix
    assert dark == {(x + QUIET, y + QUIET) for y, row in enumerate(matrix) for x, bit in enumerate(row) if bit}
    assert side == len(matrix) + 2 * QUIET
