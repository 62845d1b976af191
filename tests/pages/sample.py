"""What every sample is made of: a page to render, fingerprints, a passkey's options, hostile text."""

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

NOW = 1795427000  # 23 November 2026, 18:43 in Tokyo
RP_ID = "localhost"
CHALLENGE = "nOXq1JcS4n0Cb4cIuN0g0mJm2x5l8v6qYb1Uo0y7f9A"

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</script><script>alert(1)</script>",
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }} {% raw %} %(name)s %s",
    "\u202efdp.tcartnoc\u2066 契約書 \u200b\u0000",
    "javascript:alert(1)//" + "長" * 500,
    "<!-- <svg/onload=alert(1)>",
]


@dataclass(frozen=True)
class Sample:
    """A page to render: its template and what the handler would give it."""

    template: str
    context: dict[str, Any]


def fingerprint(text: str) -> list[str]:
    digest = sha256(text.encode()).hexdigest()
    return [digest[start : start + 4] for start in range(0, len(digest), 4)]


def documents(*labels: str) -> list[dict[str, Any]]:
    return [{"label": label, "fingerprint": fingerprint(label), "has_content": False, "size": None} for label in labels]


def request_options(**more: Any) -> dict[str, Any]:
    return {"challenge": CHALLENGE, "rpId": RP_ID, "allowCredentials": [], "userVerification": "required", "timeout": 300_000, **more}


def creation_options() -> dict[str, Any]:
    return {
        "challenge": CHALLENGE,
        "rp": {"id": RP_ID, "name": "Natsuin"},
        "user": {"id": "c2lnbmVyLTAwNDI", "name": "signer-0042", "displayName": "山田 太郎"},
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
        "authenticatorSelection": {"residentKey": "required", "userVerification": "required"},
        "excludeCredentials": [],
        "attestation": "none",
        "timeout": 300_000,
    }


def data_block(value: object) -> str:
    """JSON that may stand inside a script element: no `<` in it."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def event(kind: str, **fields: Any) -> dict[str, Any]:
    missing = dict.fromkeys(("device", "new_name", "by_device", "cause", "until", "application"))
    return {"id": "E" * 22, "place": NOW, "kind": kind, "at": NOW, "reference": "W4K9-X2PD"} | missing | fields
