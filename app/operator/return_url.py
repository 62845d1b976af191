"""Where a request on the same device may lead back to: addresses that an operator registered, each compared as a whole (RFC 9700 §2.1)."""

import re

from app.config import HOST_NAME
from app.operator.refusal import Refusal

MOST_RETURN_URLS = 10
MAX_CHARACTERS = 500
# Nothing that browsers or people could read in two ways: no userinfo, no number for a host, no backslash, no `..`, no query, no fragment.
URL = re.compile(r"(https?)://([a-z0-9.-]+)(?::([1-9][0-9]{0,4}))?((?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?)\Z")


def read_return_url(url: str) -> str:
    """Read an address; raises Refusal where it is not https (http for localhost), or could be read in two ways."""
    found = URL.match(url) if len(url) <= MAX_CHARACTERS else None
    if found is None:
        raise Refusal(f"{url!r} is not an address like https://shop.example.jp/signed, in plain letters, without a query.")
    scheme, host, port, path = found.groups()
    if host != "localhost" and (scheme != "https" or HOST_NAME.match(host) is None):
        raise Refusal(f"{url!r} must be https with a host name; http is for localhost only.")
    if not path or int(port or 0) > 65_535:
        raise Refusal(f"{url!r} needs a path, and a port up to 65535 if any.")
    return url
