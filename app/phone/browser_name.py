"""The short name of a browser, as people know it, from what it says of itself (User-Agent); names of products are not translated."""

# The first that fits: most say that they are several.
NAMES = (
    ("SamsungBrowser", "Samsung Internet"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("FxiOS", "Firefox"),
    ("Firefox", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)


def browser_name(agent: str) -> str:
    """Give the name, empty where it is not known."""
    return next((name for sign, name in NAMES if sign in agent), "")
