"""Samples of the pages about recovery codes."""

from typing import Any

from .sample import HOSTILE, NOW, Sample, event

DAY_S = 86_400
RECOVERING: dict[str, Any] = {"id": "R" * 22, "state": "waiting", "name": "新しいスマートフォン", "begun": NOW, "until": NOW + DAY_S}
RECOVERY_EVENTS = [
    event("recovery_begun", device="新しいスマートフォン", until=NOW + DAY_S),
    event("recovery_stopped", device="新しいスマートフォン", by_device="iPhone"),
    event("recovery_stopped", device="新しいスマートフォン", cause="operator"),
    event("recovered", device="新しいスマートフォン"),
    event("recovery_set", by_device="iPhone"),
    event("recovery_taken_away", by_device="iPhone"),
]


def codes(left: int, **more: Any) -> Sample:
    view = {
        "enrollment_id": "N" * 22,
        "user_id": "signer-0042",
        "name": "山田 太郎",
        "origin": "https://sign.example.jp",
        "number": 4,
        "left": left,
        "made": NOW if left else None,
        "waiting": [],
        "next": "/account",
    }
    return Sample("recovery.html", {"signed_in": True, "view": view | more, "path": "/account/recovery"})


def begun(state: str, **more: Any) -> Sample:
    view = RECOVERING | {"state": state, "by_device": None} | more
    context = {"signed_in": True, "view": view, "recovering": [RECOVERING] if state == "waiting" else [], "path": "/account/recovery/R"}
    return Sample("stop_recovery.html", context)


RECOVERY_SAMPLES: dict[str, Sample] = {
    "recovery": codes(0),
    "recovery-left": codes(3),
    "recovery-hostile": codes(1, name=HOSTILE[0]),
    "recovery-waiting": begun("waiting"),
    "recovery-sent": begun("sent", until=0),
    "recovery-stopping": begun("stopping"),
    "recovery-stopped": begun("stopped"),
    "recovery-lapsed": begun("lapsed"),
    "recovery-done": begun("done"),
    "recovery-waiting-hostile": begun("waiting", name=HOSTILE[1]),
    "recover": Sample("recover.html", {"signed_in": False, "device": "iPhone"}),
}
