"""The pages for developers: all calls, one with everything there is, and one with next to nothing."""

from app.openapi.document import document
from app.openapi.reference import Call, calls

from .sample import Sample

CALLS = calls(document("https://sign.example.jp"))
GROUPS: dict[str, list[Call]] = {}
for _one in CALLS.values():
    GROUPS.setdefault(_one.group, []).append(_one)
DEVELOPER_SAMPLES = {
    "developers": Sample("developers.html", {"signed_in": False, "groups": GROUPS}),
    "call": Sample("call.html", {"signed_in": False, "call": CALLS["authorize"]}),
    "call-small": Sample("call.html", {"signed_in": False, "call": CALLS["metadata"]}),
}
