"""One sample context for each page and state of the signer's phone pages, hostile ones included; no page content is decided here."""

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
    return [{"label": label, "fingerprint": fingerprint(label)} for label in labels]


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


def approval(**changes: Any) -> Sample:
    view = {
        "id": "rB6m0Zb7Qk2yq3sJ",
        "application_name": "青葉建設株式会社 電子契約",
        "application_initial": "青",
        "description": "工事請負契約の締結",
        "documents": documents("工事請負契約書_2026-118.pdf"),
        "signer_name": "山田 太郎",
        "not_after": 1838041200,
        "expires_in": 161,
        "code_digits": 2,
        "options_json": data_block(request_options()),
    }
    return Sample("approve.html", {"signed_in": True, "view": view | changes})


def ended(state: str, reason: str | None = None, **changes: Any) -> Sample:
    view = {
        "state": state,
        "reason": reason,
        "application_name": "青葉建設株式会社 電子契約",
        "documents": [{"label": "工事請負契約書_2026-118.pdf"}],
        "time": NOW,
        "receipt": "A7F2-93KD",
        "signer_name": "山田 太郎",
        "stamp": "山田",
        "retry_url": None,
    }
    return Sample("ended.html", {"signed_in": True, "view": view | changes})


WAITING = [
    {"id": "rB6m0Zb7Qk2yq3sJ", "application": "青葉建設", "description": "工事請負契約の締結", "documents": 1, "expires_in": 161},
    {
        "id": "Zk81vB3uT0a9LwPe",
        "application": "Minato Trading",
        "description": "Purchase order 4471",
        "documents": 3,
        "expires_in": 1641600,
    },
]

SAMPLES: dict[str, Sample] = {
    "enroll": Sample("enroll.html", {"signed_in": False}),
    "sign-in": Sample("sign_in.html", {"signed_in": False, "next_path": "/"}),
    "sign-in-to-approve": Sample("sign_in.html", {"signed_in": False, "next_path": "/approve/rB6m0Zb7Qk2yq3sJ"}),
    "inbox": Sample("inbox.html", {"signed_in": True, "signer_name": "山田 太郎", "waiting": WAITING}),
    "inbox-empty": Sample("inbox.html", {"signed_in": True, "signer_name": "山田 太郎", "waiting": []}),
    "approve": approval(),
    "approve-english": approval(
        application_name="Aoba Construction e-Contract",
        application_initial="A",
        description="Building contract",
        documents=documents("Contract 2026-118.pdf", "Annex A, drawings.pdf", "Annex B, schedule.pdf"),
        signer_name="Taro Yamada",
        code_digits=0,
    ),
    "approve-unnamed": approval(documents=documents("", "", ""), description="", expires_in=19 * 86400),
    "approve-hostile": approval(
        application_name=HOSTILE[0],
        application_initial="<",
        description=HOSTILE[1],
        documents=documents(*HOSTILE),
        signer_name=HOSTILE[3],
        options_json=data_block(request_options(note=HOSTILE[2])),
    ),
    "approved": ended("approved"),
    "approved-initials": ended("approved", stamp="TY", signer_name="Taro Yamada", application_name="Minato Trading"),
    "approved-three": ended("approved", stamp="佐々木", documents=[{"label": "契約書.pdf"}, {"label": ""}, {"label": "別紙 工程表.pdf"}]),
    "signed": ended("signed"),
    "declined": ended("refused", "declined"),
    "not-me": ended("refused", "not_me"),
    "wrong-code": ended("refused", "wrong_code"),
    "expired": ended("expired", retry_url="/"),
    "lapsed": ended("lapsed"),
    "unknown": ended("unknown"),
    "cancelled": ended("cancelled"),
    "ended-hostile": ended("approved", application_name=HOSTILE[1], documents=[{"label": text} for text in HOSTILE], stamp="<>"),
    "inbox-hostile": Sample(
        "inbox.html",
        {
            "signed_in": True,
            "signer_name": HOSTILE[0],
            "waiting": [{"id": text, "application": text, "description": text, "documents": 1, "expires_in": 60} for text in HOSTILE],
        },
    ),
    "sign-in-hostile": Sample("sign_in.html", {"signed_in": False, "next_path": HOSTILE[1]}),
    "error-403": Sample("error.html", {"signed_in": True, "status": 403, "request_id": "7QH2-M4XD"}),
    "error-404": Sample("error.html", {"signed_in": False, "status": 404, "request_id": "7QH2-M4XD"}),
    "error-500": Sample("error.html", {"signed_in": True, "status": 500, "request_id": "7QH2-M4XD"}),
    "error-503": Sample("error.html", {"signed_in": False, "status": 503, "request_id": "7QH2-M4XD"}),
}
