"""One sample context for each page and state of the signer's phone pages, hostile ones included; no page content is decided here."""

from typing import Any

from app.phone.qr import qr_code

from .account_samples import ACCOUNT_SAMPLES, EVENTS, FROZEN, FROZEN_BY_TIME, NEW_DEVICE
from .developer_samples import DEVELOPER_SAMPLES
from .otp_samples import OTP_SAMPLES
from .recovery_samples import RECOVERING, RECOVERY_EVENTS
from .sample import HOSTILE, NOW, Sample, data_block, documents, event, request_options


def token(kind: str, ending: str | None, challenge: str | None = None) -> dict[str, Any]:
    grouped = [challenge[start : start + 4] for start in range(0, len(challenge), 4)] if challenge else None
    drawn = qr_code(challenge) if challenge and len(challenge) > 8 else None
    return {"value": f"{kind:T<22}", "kind": kind, "app": ending is None, "ending": ending, "challenge": grouped, "qr": drawn}


APP, BUTTON = token("totp", None), token("hotp", "4471")
TYPED, SCANNED = token("ocra", "0093", "48291375"), token("ocra", "0094", "9f2c41d07ab3e586" * 4)


def otp(*views: dict[str, Any], locked: bool = False) -> dict[str, Any]:
    return {"views": list(views), "locked": locked}


def sign_in(next_path: str, *views: dict[str, Any]) -> Sample:
    offer = {"authorization": "r" * 22, "asked": "s" * 22, "views": list(views)} if views else None
    return Sample("sign_in.html", {"signed_in": False, "next_path": next_path, "otp": offer})


def approval(frozen: Any = (), *, visiting: bool = False, quiet_until: int | None = None, **changes: Any) -> Sample:
    view = {
        "id": "rB6m0Zb7Qk2yq3sJ",
        "application_name": "青葉建設株式会社 電子契約",
        "application_initial": "青",
        "mark": None,
        "description": "工事請負契約の締結",
        "is_own": False,
        "documents": documents("工事請負契約書_2026-118.pdf"),
        "signer_name": "山田 太郎",
        "key_state": "active",
        "credential_id": "C" * 22,
        "not_after": 1838041200,
        "expires_in": 161,
        "code_digits": 2,
        "is_new": False,
        "is_lasting": False,
        "options_json": data_block(request_options()),
        "otp": None,
        "with_otp_only": False,
    }
    context = {"signed_in": True, "visiting": visiting, "frozen": frozen, "quiet_until": quiet_until}
    return Sample("approve.html", context | {"view": view | changes})


def ended(state: str, reason: str | None = None, frozen: Any = (), *, visiting: bool = False, **changes: Any) -> Sample:
    view = {
        "state": state,
        "reason": reason,
        "application_name": "青葉建設株式会社 電子契約",
        "documents": [{"label": "工事請負契約書_2026-118.pdf"}],
        "time": NOW,
        "reference": "A7F2-93KD",
        "signer_name": "山田 太郎",
        "stamp": "山田",
        "retry_url": None,
        "return_url": None,
        "receipt": None,
        "key_state": "active",
        "factor": "passkey",
        "approved_with": "iPhone" if state in ("approved", "signed", "lapsed", "unknown") else None,
    }
    return Sample("ended.html", {"signed_in": True, "visiting": visiting, "frozen": frozen, "view": view | changes})


def before_opening(needs: str, application_name: str = "青葉建設株式会社 電子契約") -> Sample:
    view = {"needs": needs, "application_name": application_name, "documents": 3, "expires_in": 161}
    return Sample("before_opening.html", {"signed_in": True, "view": view})


def access(name: str = "青葉建設株式会社 電子契約", signer_name: str = "山田 太郎", scope: str = "service") -> Sample:
    view = {"application_name": name, "application_initial": name[:1], "mark": None, "signer_name": signer_name, "scope": scope}
    return Sample("access.html", {"signed_in": True, "view": view | {"host": "shop.example.jp", "expires_in": 561}})


def inbox(waiting: list[dict[str, Any]], **changes: Any) -> Sample:
    context = {"signed_in": True, "signer_name": "山田 太郎", "waiting": waiting, "new_devices": [], "notices": [], "frozen": ()}
    context |= {"second_way_open": False, "receipt_owed": False}
    return Sample("inbox.html", context | changes)


WAITING = [
    {
        "id": "rB6m0Zb7Qk2yq3sJ",
        "application": "青葉建設",
        "description": "工事請負契約の締結",
        "documents": 1,
        "expires_in": 161,
        "confidential": False,
        "lasting": False,
    },
    {
        "id": "Zk81vB3uT0a9LwPe",
        "application": "Minato Trading",
        "description": "Purchase order 4471",
        "documents": 3,
        "expires_in": 1641600,
        "confidential": False,
        "expires": NOW + 1641600,
        "lasting": True,
    },
]

SAMPLES: dict[str, Sample] = ACCOUNT_SAMPLES | {
    "enroll": Sample("enroll.html", {"signed_in": False}),
    "sign-in": sign_in("/"),
    "sign-in-to-approve": sign_in("/approve/rB6m0Zb7Qk2yq3sJ"),
    "sign-in-otp": sign_in("/approve/rB6m0Zb7Qk2yq3sJ", APP | {"value": 0}),
    "sign-in-otp-two": sign_in("/approve/rB6m0Zb7Qk2yq3sJ", APP | {"value": 0}, TYPED | {"value": 1, "ending": None}),
    "approve-otp": approval(otp=otp(APP)),
    "approve-otp-two": approval(otp=otp(BUTTON, TYPED)),
    "approve-otp-scanned": approval(otp=otp(SCANNED)),
    "approve-otp-locked": approval(otp=otp(APP, locked=True)),
    "approve-visiting": approval(otp=otp(APP), with_otp_only=True, visiting=True),
    "approve-visiting-ocra": approval(otp=otp(TYPED), with_otp_only=True, visiting=True, code_digits=0),
    "approve-visiting-locked": approval(otp=otp(APP, locked=True), with_otp_only=True, visiting=True),
    "approve-visiting-away": approval(with_otp_only=True, visiting=True),
    "approve-otp-hostile": approval(otp=otp(BUTTON | {"ending": HOSTILE[0]}, TYPED | {"ending": HOSTILE[3]})),
    "inbox": inbox(WAITING),
    "inbox-empty": inbox([]),
    "inbox-second-way-open": inbox(WAITING, second_way_open=True),
    "inbox-receipt-owed": inbox(WAITING, second_way_open=True, receipt_owed=True),
    "inbox-recovering": inbox([], recovering=[RECOVERING], notices=RECOVERY_EVENTS),
    "inbox-told": inbox([], frozen=[FROZEN_BY_TIME], new_devices=[NEW_DEVICE], notices=EVENTS),
    "approve": approval(),
    "approve-english": approval(
        application_name="Aoba Construction e-Contract",
        application_initial="A",
        description="Building contract",
        documents=documents("Contract 2026-118.pdf", "Annex A, drawings.pdf", "Annex B, schedule.pdf"),
        signer_name="Taro Yamada",
        code_digits=0,
    ),
    "approve-with-documents": approval(
        documents=[one | {"has_content": True, "size": 291_724} for one in documents("契約書.pdf", "別紙 工程表.pdf")]
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
    "approve-receipt": approval(
        application_name="Natsuin",
        application_initial="N",
        description="電子証明書の受領書に署名します / Sign the receipt for your certificate",
        documents=[one | {"has_content": True, "size": 1_204_000} for one in documents("受領書 / Receipt")],
        is_own=True,
        code_digits=0,
    ),
    "approved-receipt": ended("approved", application_name="Natsuin", receipt=f"/receipt/{'K' * 22}/document"),
    "signed-receipt": ended("signed", application_name="Natsuin", receipt=f"/receipt/{'K' * 22}/document"),
    "approved-otp": ended("approved", factor="otp", approved_with="4471", visiting=True),
    "approved-otp-app": ended("approved", factor="otp", approved_with=None),
    "approved-initials": ended("approved", stamp="TY", signer_name="Taro Yamada", application_name="Minato Trading"),
    "approved-three": ended("approved", stamp="佐々木", documents=[{"label": "契約書.pdf"}, {"label": ""}, {"label": "別紙 工程表.pdf"}]),
    "signed": ended("signed"),
    "declined": ended("refused", "declined"),
    "not-me": ended("refused", "not_me"),
    "not-me-paused": ended("refused", "not_me", frozen=[FROZEN], key_state="frozen"),
    "approve-paused": approval(frozen=[FROZEN], key_state="frozen"),
    "approve-destroyed": approval(key_state="destroyed"),
    "wrong-document": ended("refused", "wrong_document"),
    "approve-new": approval(is_new=True),
    "approve-lasting": approval(is_lasting=True, expires_in=12 * 86400),
    "approve-long": approval(description="工事請負契約の締結" * 20, documents=documents("工事請負契約書_" + "2026-118_" * 10 + ".pdf")),
    "approve-quiet": approval(quiet_until=NOW + 7_200),
    "inbox-quiet": inbox(WAITING, quiet_until=NOW + 7_200),
    "inbox-reported": inbox([], notices=[event("reported", application="青葉建設株式会社 電子契約", by_device="iPhone"), *EVENTS]),
    "wrong-code": ended("refused", "wrong_code"),
    "expired": ended("expired", retry_url="/"),
    "lapsed": ended("lapsed"),
    "unknown": ended("unknown"),
    "cancelled": ended("cancelled"),
    "ended-hostile": ended("approved", application_name=HOSTILE[1], documents=[{"label": text} for text in HOSTILE], stamp="<>"),
    "inbox-hostile": inbox(
        [
            {
                "id": text,
                "application": text,
                "description": text,
                "documents": 1,
                "expires_in": 60,
                "confidential": False,
                "lasting": False,
            }
            for text in HOSTILE
        ],
        signer_name=HOSTILE[0],
    ),
    "sign-in-hostile": sign_in(HOSTILE[1]),
    "screen-code": Sample("screen_code.html", {"signed_in": False}),
    "access": access(),
    "access-before-approval": access(scope="credential"),
    "access-hostile": access(HOSTILE[1], HOSTILE[0]),
    "code-needed": before_opening("code"),
    "code-needed-hostile": before_opening("code", HOSTILE[0]),
    "confidential": before_opening("passkey"),
    "confidential-hostile": before_opening("passkey", HOSTILE[1]),
    "approve-seven": approval(documents=documents(*(f"注文書_{number}.pdf" for number in range(1, 8)))),
    "approve-hundred": approval(documents=documents(*(f"注文書_{number:03}.pdf" for number in range(1, 101))), code_digits=0),
    "inbox-confidential": inbox([WAITING[0] | {"description": "", "confidential": True}, WAITING[1]]),
    "signed-return": ended("signed", return_url="https://shop.example.jp/signed?state=4711"),
    "declined-return": ended("refused", "declined", return_url="https://shop.example.jp/signed"),
    "error-403": Sample("error.html", {"signed_in": True, "status": 403, "request_id": "7QH2-M4XD"}),
    "error-404": Sample("error.html", {"signed_in": False, "status": 404, "request_id": "7QH2-M4XD"}),
    "error-used-up": Sample("error.html", {"signed_in": True, "status": 400, "request_id": "7QH2-M4XD", "path": "/oauth2/authorize"}),
    "error-405": Sample("error.html", {"signed_in": True, "status": 405, "request_id": "7QH2-M4XD"}),
    "error-429": Sample("error.html", {"signed_in": True, "status": 429, "request_id": "7QH2-M4XD"}),
    "error-500": Sample("error.html", {"signed_in": True, "status": 500, "request_id": "7QH2-M4XD"}),
    "error-503": Sample("error.html", {"signed_in": False, "status": 503, "request_id": "7QH2-M4XD"}),
}
SAMPLES |= OTP_SAMPLES | DEVELOPER_SAMPLES
