"""Every page and state of the two demo sites, rendered by their own functions from sample data, without a server."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from demo.ca import desk
from demo.ca import pages as ca
from demo.relying import pages as relying
from demo.relying.intake import TOO_LARGE_TOGETHER, TOO_MANY_FILES
from demo.relying.job_pages import NO_PLACE
from demo.relying.jobs import Job, JobDocument, Step
from demo.relying.placing import Place
from demo.relying.problems import EXPIRED
from demo.relying.progress import stage_of
from demo.relying.report import report_on
from demo.relying.show import HERE, show
from demo.validate import Facts, Timestamp, Verdict
from demo.validate.verdict import bad, conclude, good, note

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
        return {show: HERE, ca.show: ca.HERE}[self.site]

    def render(self, lang: str) -> bytes:
        scope = {"type": "http", "method": "GET", "path": "/", "query_string": f"lang={lang}".encode(), "headers": []}
        return bytes(self.site(Request(scope), self.template, **self.context).body)


def start(**changes: Any) -> Sample:
    known: dict[str, Any] = {"is_registered": True, "client_file": "var/demo/client.json", "refused": None, "entered": {}}
    limits: dict[str, Any] = {"max_bytes": 10_000_000, "max_together_bytes": 20_000_000, "most": 100}
    limits |= {"too_large_together": TOO_LARGE_TOGETHER.words, "too_many_files": TOO_MANY_FILES.words}
    return Sample(show, "start.html", known | limits | changes)


def job(step: Step, *documents: JobDocument, **changes: Any) -> Sample:
    context: dict[str, Any] = {"left_s": 161, "is_local": True, "can_be_opened": True, "refused": None, "entered": {}}
    context |= {"place": Place(-1, 166.9, 254, 18), "sizes_mm": (8.0, 60.0), "calls": CALLS}
    context |= {name: changes.pop(name) for name in list(changes) if name in context}
    known: dict[str, Any] = {"user_id": "taro", "subject": "工事請負契約の締結", "documents": documents or (DOCUMENT,)}
    made = Job(id="J" * 22, created=NOW_S, step=step, **(known | changes))
    reports = [report_on(document) for document in made.documents]
    return Sample(show, "job.html", context | {"job": made, "stage": stage_of(made), "reports": reports})


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


FACTS = Facts(
    signer="山田 太郎",
    claimed=NOW_S,
    timestamp=None,
    serial="5f2e9c81d04b7a33",
    valid_from=NOW_S - 86_400,
    valid_until=NOW_S + 365 * 86_400,
    issuer="Natsuin Demo CA",
    is_trusted=True,
    is_revoked=False,
    revocation_known=NOW_S,
    since="nothing",
)
STAMPED = replace(FACTS, timestamp=Timestamp(NOW_S, "Demo TSA", is_trusted=True), since="permitted")
BROKEN = replace(FACTS, since="broken", is_trusted=False, is_revoked=True, revocation_known=None)
VALID = conclude(
    "pyHanko 0.38",
    [good("署名は有効です。", "The signature is valid."), note("時刻の証明はありません。", "There is no time-stamp.")],
    (STAMPED, FACTS),
)
INVALID = conclude("pdfsig (poppler 22.12)", [bad("文書が変更されています。", "The document was changed.")], (BROKEN,))
DOCUMENT = JobDocument("工事請負契約書_AK-2026-118.pdf", 2, 48_211)
OTHER = JobDocument("附属書_非常に長い名前の見積書と工程表と仕様書をまとめたもの_改訂版_最終.pdf", 14, 1_248_211)
AUTHORIZE = "https://sign.example.jp/csc/v2/credentials/authorize"
CALLS = [
    {
        "method": "POST",
        "path": "/csc/v2/credentials/authorize",
        "status": "202",
        "is_good": True,
        "took": "0.12 s",
        "curl": f"curl '{AUTHORIZE}' \\\n  -H \"Authorization: Bearer $TOKEN\" \\\n  --data-raw '{{}}'",
        "answer": '{\n  "handle": "…"\n}',
    },
    {
        "method": "POST",
        "path": "/oauth2/token",
        "status": "–",
        "is_good": False,
        "took": "5.00 s",
        "curl": "curl",
        "answer": "ConnectError",
    },
]


def judged(document: JobDocument, *verdicts: Verdict, unvalidated: str = "") -> JobDocument:
    return JobDocument(document.name, document.pages, document.size_bytes, verdicts, unvalidated)


LETTER = {"letter": "data:application/pdf;base64,", "number": 1, "code_sha256": "9f" * 32}

SAMPLES = {
    "relying-start": start(),
    "relying-start-refused": start(refused=relying.USER_ID_REFUSED.words, entered={"user_id": "山田", "subject": "", "which": "own"}),
    "relying-start-unregistered": start(is_registered=False),
    "relying-prepared": job(Step.PREPARED),
    "relying-placing": job(Step.PLACING, seal_text="山田"),
    "relying-placing-many": job(Step.PLACING, DOCUMENT, OTHER, seal_text="山田", refused=NO_PLACE.words),
    "relying-placing-impossible": job(Step.PLACING),
    "relying-waiting": job(Step.WAITING, progress="delivered", verification_code="47", seal=Place(-1, 10, 10, 18), seal_text="山田"),
    "relying-waiting-restarted": job(Step.WAITING, progress="opened", was_restarted=True, can_be_opened=False),
    "relying-signing": job(Step.SIGNING),
    "relying-done": job(Step.DONE, judged(DOCUMENT, VALID)),
    "relying-done-many": job(Step.DONE, judged(DOCUMENT, VALID), judged(OTHER, VALID), *[judged(DOCUMENT, VALID)] * 5),
    "relying-done-invalid": job(Step.DONE, judged(DOCUMENT, VALID, INVALID), judged(OTHER, INVALID)),
    "relying-done-unvalidated": job(Step.DONE, judged(DOCUMENT, unvalidated="the service gave no root certificate")),
    "relying-ended": job(Step.ENDED, problem=EXPIRED, stage=3),
    "relying-problem": Sample(show, "problem.html", {"words": relying.GONE, "is_nothing": True}),
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
