"""QR codes (ISO/IEC 18004) as what an SVG image is drawn with: the page's script puts it in place, so the link is in no address."""

import itertools

import segno

QUIET = 4  # modules of white around it, as the standard asks


def qr_code(text: str) -> dict[str, str]:
    """Give `viewBox` and the `d` of the one path in it; the modules that are dark are filled."""
    matrix = segno.make(text, error="m", micro=False).matrix
    path = []
    for y, row in enumerate(matrix, QUIET):
        x = QUIET
        for dark, run in itertools.groupby(row):
            width = len(list(run))
            if dark:
                path.append(f"M{x} {y}h{width}v1h-{width}z")
            x += width
    side = len(matrix) + 2 * QUIET
    return {"viewBox": f"0 0 {side} {side}", "d": "".join(path)}
