"""
The MDN HTTP Observatory's scoring of one answer, as far as headers tell (mdn/mdn-http-observatory, 94042bb).

HTTPS itself, preloading and external scripts are not looked at: the answer is one of a server behind TLS, with nothing from elsewhere.
"""

from http.cookies import SimpleCookie

import httpx2

START = 100
EXACT = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}


def directives(policy: str) -> dict[str, list[str]]:
    """Read a Content-Security-Policy."""
    parts = (part.split() for part in policy.split(";"))
    return {words[0].lower(): words[1:] for words in parts if words}


def modifiers(answer: httpx2.Response, *, secure: bool) -> dict[str, int]:
    """List what is won and lost; `secure` where the origin is https."""
    headers = answer.headers
    found = {
        "csp": _csp(headers.get("content-security-policy", "")),
        "cors": -50 if headers.get("access-control-allow-origin") == "*" else 0,
        "referrer-policy": 5 if headers.get("referrer-policy") in ("no-referrer", "same-origin", "strict-origin") else 0,
        "x-content-type-options": 0 if headers.get("x-content-type-options") == "nosniff" else -5,
        "frames": _frames(headers.get("content-security-policy", ""), headers.get("x-frame-options", "")),
        "corp": 10 if headers.get("cross-origin-resource-policy") in ("same-origin", "same-site") else 0,
        "coep": 10 if headers.get("cross-origin-embedder-policy") == "require-corp" else 0,
        "coop": 10 if headers.get("cross-origin-opener-policy") == "same-origin" else 0,
        "cookies": _cookies(headers.get_list("set-cookie"), secure=secure),
    }
    return found | ({"hsts": _hsts(headers.get("strict-transport-security", ""))} if secure else {})


def _csp(policy: str) -> int:
    if not policy:
        return -25
    rules = directives(policy)
    scripts = rules.get("script-src", rules.get("default-src", ["*"]))
    styles = rules.get("style-src", rules.get("default-src", ["*"]))
    if {"'unsafe-inline'", "'unsafe-eval'", "*", "data:", "https:", "http:"} & {*scripts, *styles}:
        return -20
    return 10 if rules.get("default-src") == ["'none'"] else 5


def _frames(policy: str, x_frame_options: str) -> int:
    if directives(policy).get("frame-ancestors") == ["'none'"]:
        return 5
    return 0 if x_frame_options.upper() in ("DENY", "SAMEORIGIN") else -20


def _hsts(header: str) -> int:
    age = next((int(part.partition("=")[2]) for part in header.replace(" ", "").split(";") if part.startswith("max-age=")), 0)
    if age < 15_768_000:
        return -20 if not age else -10
    return 5 if "preload" in header and "includeSubDomains" in header else 0


def _cookies(lines: list[str], *, secure: bool) -> int:
    score = 5 if lines else 0
    for line in lines:
        for morsel in SimpleCookie(line).values():
            if secure and not morsel["secure"]:
                score = min(score, -40)
            if not morsel["httponly"]:
                score = min(score, -30)
            if not morsel["samesite"]:
                score = min(score, 0)
    return score
