"""Requests for functions that look at one without a server."""

from collections.abc import Mapping

from starlette.requests import Request


def request(path: str = "/", query: str = "", **headers: str) -> Request:
    """Make a GET request; header names with _ for -."""
    return Request(scope(path, query, headers))


def scope(path: str, query: str, headers: Mapping[str, str]) -> dict[str, object]:
    return {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "query_string": query.encode(),
        "server": ("localhost", 80),
        "headers": [(name.replace("_", "-").lower().encode(), value.encode("latin-1")) for name, value in headers.items()],
    }
