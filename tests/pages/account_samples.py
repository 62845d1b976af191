"""Samples of the pages about a signer's own keys and devices, and about what has happened."""

from typing import Any

from app.phone.installed import offline_words

from .recovery_samples import RECOVERING, RECOVERY_EVENTS, RECOVERY_SAMPLES
from .sample import HOSTILE, NOW, Sample, documents, event, fingerprint

KEY_ID = "K" * 22
DAY_S = 86_400
FROZEN = {"credential_id": KEY_ID, "until": None, "by": "not_me"}
FROZEN_BY_TIME = {"credential_id": KEY_ID, "until": NOW + 3600, "by": "signer"}
ENDING = {"kind": "ending", "credential_id": KEY_ID, "not_after": NOW + 20 * DAY_S, "urgent": False}
ENDING_SOON = {"kind": "ending", "credential_id": KEY_ID, "not_after": NOW + 5 * DAY_S, "urgent": True}
NEW_DEVICE = {"id": "A" * 22, "name": "書斎のパソコン"}


def signature(state: str, reason: str | None = None, **fields: Any) -> dict[str, Any]:
    asked = {
        "id": "S" * 22,
        "place": NOW,
        "kind": "signature",
        "at": NOW,
        "application": "青葉建設株式会社 電子契約",
        "description": "工事請負契約の締結",
        "documents": documents("工事請負契約書_AK-2026-118.pdf"),
        "confidential": False,
        "state": state,
        "reason": reason,
        "factor": "passkey",
        "approved_with": "iPhone",
        "reference": "A7F2-93KD",
    }
    return asked | fields


CONFIDENTIAL = signature("refused", "declined", confidential=True, description="", documents=[{"label": "", "fingerprint": None}])
EVENTS = [
    event("device_added", device="書斎のパソコン", by_device="Android スマートフォン"),
    event("key_frozen", cause="not_me"),
    event("device_renamed", device="端末", new_name="花子の iPad", by_device="iPhone"),
]
MORE_EVENTS = [
    event("device_removed", device="古いスマートフォン", by_device="書斎のパソコン"),
    event("key_frozen", cause="signer", until=NOW + 3600, by_device="iPhone"),
    event("key_frozen", cause="signer", by_device="iPhone"),
    event("key_frozen", cause="operator"),
    event("key_unfrozen", by_device="iPhone"),
    event("key_destroyed", by_device="iPhone"),
    event("otp_set", by_device="iPhone"),
    event("otp_removed", by_device="iPhone"),
    event("otp_unlocked", by_device="iPhone"),
    event("otp_resynchronised", by_device="iPhone"),
    event("pin_changed", by_device="iPhone"),
    event("renewal_approved", by_device="iPhone"),
    event("key_renewed"),
    event("renewal_failed"),
    event("key_ending", until=NOW + 30 * DAY_S),
    event("replacement_begun"),
    event("replacement_stopped", by_device="iPhone"),
    event("key_replaced"),
    event("key_destroyed", cause="operator"),
    *RECOVERY_EVENTS,
    event("otp_sign_in"),
    event("agreed", application="青葉建設株式会社 電子契約", by_device="iPhone"),
    event("agreed", application="青葉建設株式会社 電子契約", cause="operator"),
    event("agreement_ended", application="青葉建設株式会社 電子契約", by_device="iPhone"),
]
DEVICES = [
    {"id": "1" * 22, "name": "Android スマートフォン", "added": NOW - 400 * DAY_S, "last_used": NOW, "synced": True, "current": True},
    {"id": "2" * 22, "name": "書斎のパソコン", "added": NOW - DAY_S, "last_used": 0, "synced": False, "current": False},
]


def key(state: str = "active", **changes: Any) -> dict[str, Any]:
    view = {
        "credential_id": KEY_ID,
        "until": None,
        "by": None,
        "state": state,
        "holder": "山田 太郎",
        "issuer": "Aoba Accredited CA",
        "serial": ["5f2e", "9c81", "d04b", "7a33", "66e1", "c250", "9b8a", "d417", "90ab", "12cd"],
        "not_before": NOW - 400 * DAY_S,
        "not_after": NOW + 500 * DAY_S,
        "fingerprint": fingerprint("certificate"),
        "receipt": "signed",
        "renewal": "no",
        "renew_from": NOW + 470 * DAY_S,
    }
    return view | changes


APPLICATIONS = [
    {"id": "1" * 22, "name": "青葉建設株式会社 電子契約", "state": "agreed", "since": NOW - 40 * DAY_S},
    {"id": "2" * 22, "name": HOSTILE[0], "state": "ended", "since": NOW - DAY_S},
    {"id": "3" * 22, "name": "社内稟議", "state": "agreed", "since": 0},
]


def agreement(state: str, by: str = "signer", name: str = "青葉建設株式会社 電子契約") -> Sample:
    view = {"id": "1" * 22, "name": name, "state": state, "by": by, "since": NOW - 40 * DAY_S, "initial": name[:1], "mark": None}
    return Sample("agreement.html", {"signed_in": True, "view": view})


def account(
    keys: list[dict[str, Any]],
    devices: list[dict[str, Any]] | None = None,
    waiting: Any = (),
    frozen: Any = (),
    otp: Any = None,
    told: Any = (),
) -> Sample:
    view = {"name": "山田 太郎", "keys": keys, "devices": devices or DEVICES, "waiting": waiting, "otp": otp}
    view["recovery_codes"] = len(keys) - 1
    view["applications"] = APPLICATIONS if devices is None else []
    return Sample("account.html", {"signed_in": True, "view": view, "frozen": frozen, "told": told, "path": "/account"})


def receipts(*states: str, key_state: str = "active") -> Sample:
    def view(state: str) -> dict[str, Any]:
        return {
            "credential_id": KEY_ID,
            "state": state,
            "approval": "/approve/" + "A" * 22 if state == "asked" else None,
            "document": f"/receipt/{KEY_ID}/document",
            "signed_at": NOW if state == "signed" else None,
            "serial": key()["serial"],
            "not_after": key()["not_after"],
            "key_state": key_state,
        }

    return Sample("receipt.html", {"signed_in": True, "view": {"receipts": [view(state) for state in states]}, "path": "/receipt"})


def addition(state: str, **changes: Any) -> Sample:
    view = {
        "id": "A" * 22,
        "state": state,
        "name": "書斎のパソコン",
        "synced": False,
        "code": "482 913",
        "expires_in": 540,
        "next": "/account",
    }
    return Sample("approve_device.html", {"signed_in": True, "view": view | changes})


def device(number: int, others: int, **changes: Any) -> Sample:
    return Sample("device.html", {"signed_in": True, "view": DEVICES[number] | {"others": others} | changes})


def history(entries: list[dict[str, Any]], following: str | None = None, *, first: bool = True) -> Sample:
    view = {"entries": entries, "next": following, "first": first, "statements": [KEY_ID]}
    return Sample("history.html", {"signed_in": True, "view": view, "path": "/history"})


def entry(view: dict[str, Any], *, with_evidence: bool = True) -> Sample:
    evidence = {
        "transaction": '{"application_id":"B1x","description":"工事請負契約の締結"}' * 6,
        "challenge": "nOXq1JcS4n0Cb4cIuN0g0mJm2x5l8v6q",
    }
    more = {"asked": NOW - 90, "certificate": fingerprint("certificate")} if view["kind"] == "signature" else {}
    return Sample("entry.html", {"signed_in": True, "view": view | more | {"evidence": evidence if with_evidence else None}})


def told(name: str = "Android スマートフォン", **changes: Any) -> dict[str, Any]:
    view = {"name": name, "browser": "Chrome", "last_seen": NOW, "last_success": NOW, "current": False, "refused": False}
    return view | changes


def notifications(*devices: dict[str, Any]) -> Sample:
    return Sample("notifications.html", {"signed_in": True, "view": {"devices": list(devices)}, "path": "/notifications"})


ENDS = [("approved", None), ("signed", None), ("refused", "declined"), ("refused", "not_me"), ("refused", "wrong_code")]
ENDS += [("expired", None), ("lapsed", None), ("unknown", None), ("cancelled", None)]
ACCOUNT_SAMPLES: dict[str, Sample] = RECOVERY_SAMPLES | {
    "account": account([key()]),
    "account-frozen": account([key("frozen", **FROZEN)], frozen=[FROZEN]),
    "account-frozen-by-time": account([key("frozen", **FROZEN_BY_TIME)], waiting=[NEW_DEVICE], frozen=[FROZEN_BY_TIME]),
    "account-frozen-by-operator": account([key("frozen", by="operator")], frozen=[FROZEN]),
    "account-one-device": account([key("expired")], DEVICES[:1]),
    "account-recovering": Sample("account.html", account([key()]).context | {"recovering": [RECOVERING]}),
    "account-two-keys": account([key(), key("destroyed"), key("not_yet")]),
    "account-hostile": account([key(holder=HOSTILE[0], issuer=HOSTILE[1])], [DEVICES[0] | {"name": text} for text in HOSTILE]),
    "account-ending": account([key(renewal="can", not_after=NOW + 20 * DAY_S)], told=[ENDING]),
    "account-ending-soon": account([key(renewal="can", not_after=NOW + 5 * DAY_S)], told=[ENDING_SOON, {"kind": "replacement"}]),
    "replacement": Sample("replacement.html", {"signed_in": True, "state": "open"}),
    "replacement-begun": Sample("replacement.html", {"signed_in": True, "state": "begun"}),
    "replacement-none": Sample("replacement.html", {"signed_in": True, "state": "none"}),
    "agreement": agreement("none"),
    "agreement-agreed": agreement("agreed"),
    "agreement-by-operator": agreement("agreed", "operator"),
    "agreement-ended": agreement("ended", name=HOSTILE[0]),
    "account-add": Sample("add_device.html", {"signed_in": True}),
    "new-device": Sample("new_device.html", {"signed_in": False, "device": "iPhone"}),
    "add-made": addition("made"),
    "add-made-synced": addition("made", synced=True, name=HOSTILE[0]),
    "add-open": addition("open"),
    "add-done": addition("done"),
    "add-done-at-the-beginning": addition("done", next="/second-way"),
    "add-refused": addition("refused"),
    "add-expired": addition("expired"),
    "device": device(1, 1),
    "device-current": device(0, 1),
    "device-only": device(0, 0),
    "device-hostile": device(1, 1, name=HOSTILE[1]),
    "freeze": Sample("freeze.html", {"signed_in": True, "can_freeze": True}),
    "freeze-no-key": Sample("freeze.html", {"signed_in": True, "can_freeze": False}),
    "freeze-frozen": Sample("freeze.html", {"signed_in": True, "can_freeze": True, "frozen": [FROZEN_BY_TIME]}),
    "freeze-frozen-until-said": Sample("freeze.html", {"signed_in": True, "can_freeze": True, "frozen": [FROZEN]}),
    "unfreeze": Sample("unfreeze.html", {"signed_in": True, "view": key("frozen", **FROZEN)}),
    "unfreeze-by-operator": Sample("unfreeze.html", {"signed_in": True, "view": key("frozen", by="operator")}),
    "unfreeze-active": Sample("unfreeze.html", {"signed_in": True, "view": key()}),
    "unfreeze-destroyed": Sample("unfreeze.html", {"signed_in": True, "view": key("destroyed")}),
    "destroy": Sample("destroy.html", {"signed_in": True, "view": key()}),
    "destroy-destroyed": Sample("destroy.html", {"signed_in": True, "view": key("destroyed")}),
    "account-renewal": account([key(renewal="can", not_after=NOW + 20 * DAY_S)]),
    "account-renewed": account([key(renewal="renewed", not_after=NOW + 20 * DAY_S), key(), key(renewal="under_way")]),
    "renew": Sample("renew.html", {"signed_in": True, "view": key(renewal="can", not_after=NOW + 20 * DAY_S)}),
    "renew-under-way": Sample("renew.html", {"signed_in": True, "view": key(renewal="under_way")}),
    "renew-renewed": Sample("renew.html", {"signed_in": True, "view": key(renewal="renewed", not_after=NOW + 20 * DAY_S)}),
    "renew-not-yet": Sample("renew.html", {"signed_in": True, "view": key()}),
    "renew-frozen": Sample("renew.html", {"signed_in": True, "view": key("frozen", **FROZEN), "frozen": [FROZEN]}),
    "renew-expired": Sample("renew.html", {"signed_in": True, "view": key("expired")}),
    "notifications": notifications(told(current=True), told("書斎のパソコン", browser="Firefox", refused=True)),
    "notifications-none": notifications(),
    "notifications-hostile": notifications(*(told(text, browser=text) for text in HOSTILE)),
    "offline": Sample("offline.html", {"said": [offline_words("ja"), offline_words("en")]}),
    "history": history([signature(*end) for end in ENDS] + EVENTS + MORE_EVENTS, "1795427000." + "S" * 22),
    "history-otp": history([signature("signed", factor="otp", approved_with="4471"), event("otp_sign_in")]),
    "history-empty": history([]),
    "history-end": history([], first=False),
    "history-hostile": history(
        [signature("signed", application=HOSTILE[0], documents=documents(*HOSTILE)), event("device_added", device=HOSTILE[1])]
    ),
    "receipt": receipts("open"),
    "receipt-asked": receipts("asked"),
    "receipt-signed": receipts("signed"),
    "receipt-two": receipts("signed", "open"),
    "receipt-paused": receipts("open", key_state="frozen"),
    "receipt-none": receipts(),
    "account-unsigned-receipt": account([key(receipt="open")]),
    "entry": entry(signature("signed")),
    "entry-confidential": entry(CONFIDENTIAL, with_evidence=False),
    "entry-otp": entry(signature("signed", factor="otp", approved_with="4471")),
    "entry-otp-app": entry(signature("signed", factor="otp", approved_with=None)),
    "entry-event": entry(EVENTS[0]),
    "entry-freeze": entry(EVENTS[1], with_evidence=False),
    "entry-hostile": entry(signature("signed", application=HOSTILE[0], description=HOSTILE[2], documents=documents(*HOSTILE))),
}
