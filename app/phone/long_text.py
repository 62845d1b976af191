"""Whether a text takes more room than two lines of a phone, by what its characters are wide: such a text is cut, and opened by a tap."""

import unicodedata

TWO_LINES = 76  # in half-width characters


def is_long(text: str) -> bool:
    """Tell whether it would; one character may stand for many (NFKC), and full-width ones count twice."""
    shown = unicodedata.normalize("NFKC", text)
    return sum(2 if unicodedata.east_asian_width(one) in "FWA" else 1 for one in shown) > TWO_LINES
