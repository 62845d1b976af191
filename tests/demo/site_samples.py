"""Every page and state of the two demo sites, rendered by their own functions from sample data, without a server."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from demo.ca import desk
from demo.ca import pages as ca
from demo.relying import pages as relying
from demo.relying.jobs import Job, Step
from demo.relying.problems import EXPIRED
from demo.validate.verdict import Verdict, bad, conclude, good, note

NOW_S = 1_795_427_000
LATER_S = NOW_S + 86_400


@dataclass(frozen=True)
class Sample:
    """One page of a site in one state."""

    site: Callable[..., Response]
    template: str
    context: dict[str, Any]

    @property
    def folder(self) -> Path:
        """Where the site's templates and static files are."""
        return {relying.show: relying.HERE, ca.show: ca.HERE}[self.site]

    def render(self, lang: str) -> bytes:
        scope = {"type": "http", "method": "GET", "path": "/", "query_string": f"lang={lang}".encode(), "headers": []}
        return bytes(self.site(Request(scope), self.template, **self.context).body)


def start(**changes: Any) -> Sample:
    account: dict[str, Any] = {"is_registered": True, "client_file": "var/demo/client.json"}
    known = account | {"refused": None, "max_bytes": 10_000_000, "entered": {}}
    return Sample(relying.show, "start.html", known | changes)


def job(step: Step, **changes: Any) -> Sample:
    name, subject = "工事請負契約書_AK-2026-118.pdf", "工事請負契約の締結"
    known: dict[str, Any] = {"user_id": "taro", "subject": subject, "file_name": name, "pages": 2, "size_bytes": 48_211}
    made = Job(id="J" * 22, created=NOW_S, step=step, **known, **changes)
    return Sample(relying.show, "job.html", {"job": made, "left_s": 161, "is_local": True, "Step": Step})


def receipt(state: str, **changes: Any) -> Sample:
    return Sample(ca.show, "receipt.html", {"application": application(state) | changes, "state": ca.STATES[state]})


def application(state: str, number: int = 1) -> dict[str, Any]:
    person = {"name": "山田 花子", "user_id": "hanako", "postal_code": "100-0001", "address": "東京都千代田区千代田 1-1\nサンプル 301号室"}
    code = {"attempts_left": 3, "code_expires": LATER_S}
    return person | code | {"id": number, "state": state, "received": NOW_S, "reason": "住所が違います。" if state == "refused" else None}


def certificate(state: str, ends: int = LATER_S, reason: str | None = None) -> dict[str, Any]:
    return {"serial": "5f2e9c81d04b7a33", "state": state, "ends": ends, "reason": reason}


def overview(*applications: dict[str, Any], certificates: dict[int, list[dict[str, Any]]] | None = None, **context: Any) -> Sample:
    words = {"states": ca.STATES, "certificate_states": desk.CERTIFICATE_STATES, "reasons": desk.REASONS, "now_s": NOW_S}
    words["enrollment_url"] = "https://sign.example.jp/enroll"
    return Sample(ca.show, "desk.html", words | {"applications": applications, "certificates": certificates or {}} | context)


VALID = conclude(
    "pyHanko 0.38", [good("署名は有効です。", "The signature is valid."), note("時刻の証明はありません。", "There is no time-stamp.")]
)
INVALID = conclude("pdfsig (poppler 22.12)", [bad("文書が変更されています。", "The document was changed.")])
UNSURE: tuple[Verdict, ...] = ()
LETTER = {"letter": "data:application/pdf;base64,", "number": 1, "code_sha256": "9f" * 32}

SAMPLES = {
    "relying-start": start(),
    "relying-start-refused": start(refused=relying.USER_ID_REFUSED.words, entered={"user_id": "山田", "subject": "", "which": "own"}),
    "relying-start-unregistered": start(is_registered=False),
    "relying-prepared": job(Step.PREPARED),
    "relying-waiting": job(Step.WAITING, approval_url="http://localhost:8080/approve/x", verification_code="47", expires=NOW_S + 180),
    "relying-signing": job(Step.SIGNING),
    "relying-done": job(Step.DONE, verdicts=(VALID,)),
    "relying-done-invalid": job(Step.DONE, verdicts=(VALID, INVALID)),
    "relying-done-unvalidated": job(Step.DONE, verdicts=UNSURE, unvalidated="the service gave no root certificate"),
    "relying-ended": job(Step.ENDED, problem=EXPIRED),
    "relying-problem": Sample(relying.show, "problem.html", {"words": relying.GONE, "is_nothing": True}),
    "ca-home": Sample(ca.show, "home.html", {}),
    "ca-apply": Sample(ca.show, "apply.html", {"entered": {}}),
    "ca-apply-refused": Sample(ca.show, "apply.html", {"entered": {"name": "한국"}, "refused": ca.REFUSED["name"]}),
    **{f"ca-receipt-{state}": receipt(state) for state in ca.STATES},
    "ca-sign-in": Sample(ca.show, "sign_in.html", {}),
    "ca-sign-in-refused": Sample(ca.show, "sign_in.html", {"is_refused": True}),
    "ca-desk-empty": overview(),
    "ca-desk": overview(
        *(application(state, number) for number, state in enumerate(ca.STATES)),
        application("code_issued", 11) | {"attempts_left": 0},
        application("code_issued", 12) | {"code_expires": NOW_S},
        certificates={4: [certificate("good"), certificate("held"), certificate("revoked", NOW_S, "keyCompromise")]},
    ),
    "ca-desk-refused": overview(application("received"), refused=desk.NOT_DONE["reason"]),
    "ca-letter": Sample(ca.show, "letter.html", LETTER),
    "ca-problem": Sample(ca.show, "problem.html", {"is_missing": True}),
}
