"""Samples of the pages about PIN and one-time password, and about the second way to approve."""

from typing import Any

from .account_samples import DEVICES, account, key
from .sample import HOSTILE, NOW, Sample

APP = {"id": "P" * 22, "is_app": True, "end": "", "kind": "totp", "usable_until": None}
TOKEN = {"id": "T" * 22, "is_app": False, "end": "1234", "kind": "hotp", "usable_until": NOW + 900 * 86_400}
QUESTIONED = TOKEN | {"kind": "ocra", "usable_until": None}


def standing(*tokens: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"tokens": list(tokens), "offered": None, "has_pin": bool(tokens), "locked": False} | changes


def set_up(*tokens: dict[str, Any], **changes: Any) -> Sample:
    return Sample("otp.html", {"signed_in": True, "view": standing(*tokens) | {"next": "/account"} | changes})


def token(template: str, held: dict[str, Any], others: int = 0) -> Sample:
    return Sample(template, {"signed_in": True, "view": held | {"others": others}})


def unlock(locked: bool) -> Sample:
    return Sample("otp_unlock.html", {"signed_in": True, "view": standing(APP, locked=locked)})


def second_way(**changes: Any) -> Sample:
    view = {"devices": 1, "otp": False, "codes": 0, "there": False, "next": "/"}
    return Sample("second_way.html", {"signed_in": True, "view": view | changes})


OTP_SAMPLES: dict[str, Sample] = {
    "account-otp-none": account([key()], otp=standing()),
    "account-otp": account([key()], DEVICES[:1], otp=standing(APP, TOKEN)),
    "account-otp-locked": account([key()], otp=standing(TOKEN, locked=True)),
    "account-otp-hostile": account([key()], otp=standing(*(TOKEN | {"end": text} for text in HOSTILE))),
    "otp": set_up(),
    "otp-again": set_up(APP, TOKEN),
    "otp-begun": set_up(offered="O" * 22, next="/second-way"),
    "otp-token": token("otp_token.html", TOKEN),
    "otp-token-app": token("otp_token.html", APP, 1),
    "otp-token-questioned": token("otp_token.html", QUESTIONED, 1),
    "otp-token-hostile": token("otp_token.html", TOKEN | {"end": HOSTILE[0]}),
    "otp-resynchronise": token("otp_resynchronise.html", APP),
    "otp-resynchronise-pressed": token("otp_resynchronise.html", TOKEN),
    "otp-pin": Sample("otp_pin.html", {"signed_in": True, "view": standing(APP)}),
    "otp-pin-locked": Sample("otp_pin.html", {"signed_in": True, "view": standing(APP, locked=True)}),
    "otp-unlock": unlock(True),
    "otp-unlocked": unlock(False),
    "second-way": second_way(),
    "second-way-passkey-only": second_way(otp=None),
    "second-way-recovery": second_way(codes=4, there=True),
    "second-way-there": second_way(devices=2, otp=True, there=True),
}
