"""
The officer's desk: examine applications, accept (which makes the letter) or refuse them, and hold, lift or revoke certificates.

Behind a secret that an officer types once; a cookie with a MAC and an end stands for it afterwards. Posts from other sites never get here
(`SameOriginPosts`), and the cookie goes with none of theirs (`SameSite=Strict`).
"""

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from datetime import timedelta
from http import HTTPStatus

from cryptography import x509
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from demo.ca import status
from demo.ca.applications import Application, Issued, accept, check_enrollment_url, refuse
from demo.ca.errors import ApplicationRefused, ApplicationUnknown, CertificateUnknown, OfficerRefused, StatusRefused
from demo.ca.letter import check_printable, make_letter
from demo.ca.office import Office
from demo.ca.pages import STATES, form_of, show
from demo.relying.words import Words

COOKIE = "natsuin-ca-desk"
SESSION_LIFE = timedelta(hours=8)
NOT_DONE = {
    "reason": Words("理由を 500 文字までで入力してください。", "A refusal needs a reason of up to 500 characters."),
    "enrollment_url": Words(
        "登録ページのアドレスは https:// で始まる 64 文字までのもので、# を含みません。",
        "The address of the enrolment page begins with https://, has up to 64 characters and no #.",
    ),
    "name": Words("名前か住所に、手紙に印刷できない文字があります。", "The name or the address has characters that the letter can't show."),
    "": Words("すでに状態が変わっています。", "Its state has changed meanwhile."),
}
CERTIFICATE_STATES = {
    "good": Words("有効", "good"),
    "held": Words("一時停止中", "held"),
    "revoked": Words("失効", "revoked"),
}
REASONS = {
    "unspecified": Words("理由を示さない", "no reason given"),
    "keyCompromise": Words("鍵が漏れた", "key compromised"),
    "affiliationChanged": Words("記載事項が変わった", "affiliation changed"),
    "superseded": Words("新しい証明書に替えた", "superseded"),
    "cessationOfOperation": Words("使うのをやめた", "no longer used"),
    "privilegeWithdrawn": Words("資格を取り消した", "privilege withdrawn"),
}
"""Why an officer may revoke, by its name in RFC 5280."""
APPLICATIONS = """
SELECT *, EXISTS (
    SELECT 1 FROM certificate JOIN application AS other ON application_id = other.id
    WHERE other.user_id = application.user_id AND other.id != application.id AND certificate.state != 'revoked'
) AS has_earlier FROM application ORDER BY id DESC
"""

Handler = Callable[[Request], Awaitable[Response]]


def routes(office: Office) -> list[Route]:
    """The pages of the desk, over an office."""

    def behind_the_secret(handler: Handler) -> Handler:
        async def handle(request: Request) -> Response:
            try:
                _require_session(office, request.cookies.get(COOKIE, ""))
            except OfficerRefused:
                return show(request, "sign_in.html", HTTPStatus.UNAUTHORIZED)
            try:
                return await handler(request)
            except (ApplicationRefused, ApplicationUnknown, CertificateUnknown, StatusRefused) as refused:
                said = NOT_DONE[getattr(refused, "field", "")]
                return await _overview(office, request, HTTPStatus.CONFLICT, refused=said)

        return handle

    async def desk(request: Request) -> Response:
        return await _overview(office, request)

    async def sign_in(request: Request) -> Response:
        shown = (await form_of(request, "secret"))["secret"]
        if not hmac.compare_digest(shown.encode(), office.officer_secret):
            return show(request, "sign_in.html", HTTPStatus.UNAUTHORIZED, is_refused=True)
        answer = RedirectResponse("/desk", HTTPStatus.SEE_OTHER)
        ends = int((office.now() + SESSION_LIFE).timestamp())
        answer.set_cookie(
            COOKIE,
            _session(office, ends),
            max_age=int(SESSION_LIFE.total_seconds()),
            path="/desk",
            httponly=True,
            samesite="strict",
            secure=office.config.url.startswith("https:"),
        )
        return answer

    async def sign_out(request: Request) -> Response:
        answer = RedirectResponse("/desk", HTTPStatus.SEE_OTHER)
        answer.delete_cookie(COOKIE, path="/desk", httponly=True, samesite="strict")
        return answer

    async def accept_one(request: Request) -> Response:
        form = await form_of(request, "enrollment_url", "replaces")
        wanted = (form["enrollment_url"], form["replaces"] == "yes")
        issued, letter = await run_in_threadpool(_accept, office, request.path_params["application_id"], *wanted)
        href = f"data:application/pdf;base64,{base64.b64encode(letter).decode()}"
        return show(request, "letter.html", letter=href, number=request.path_params["application_id"], code_sha256=issued.code_sha256.hex())

    async def refuse_one(request: Request) -> Response:
        reason = (await form_of(request, "reason"))["reason"]
        await run_in_threadpool(refuse, office.records, request.path_params["application_id"], reason, office.now())
        return RedirectResponse("/desk", HTTPStatus.SEE_OTHER)

    async def suspend_one(request: Request) -> Response:
        await run_in_threadpool(status.suspend, office.records, request.path_params["serial"], office.now())
        return RedirectResponse("/desk", HTTPStatus.SEE_OTHER)

    async def lift_one(request: Request) -> Response:
        await run_in_threadpool(status.lift, office.records, request.path_params["serial"])
        return RedirectResponse("/desk", HTTPStatus.SEE_OTHER)

    async def revoke_one(request: Request) -> Response:
        reason = (await form_of(request, "reason"))["reason"]
        if reason not in REASONS:
            raise StatusRefused("this is no reason to revoke")
        await run_in_threadpool(status.revoke, office.records, request.path_params["serial"], x509.ReasonFlags(reason), office.now())
        return RedirectResponse("/desk", HTTPStatus.SEE_OTHER)

    return [
        Route("/desk", behind_the_secret(desk)),
        Route("/desk/sign-in", sign_in, methods=["POST"]),
        Route("/desk/sign-out", sign_out, methods=["POST"]),
        Route("/desk/applications/{application_id:int}/accept", behind_the_secret(accept_one), methods=["POST"]),
        Route("/desk/applications/{application_id:int}/refuse", behind_the_secret(refuse_one), methods=["POST"]),
        Route("/desk/certificates/{serial}/suspend", behind_the_secret(suspend_one), methods=["POST"]),
        Route("/desk/certificates/{serial}/lift", behind_the_secret(lift_one), methods=["POST"]),
        Route("/desk/certificates/{serial}/revoke", behind_the_secret(revoke_one), methods=["POST"]),
    ]


def _accept(office: Office, application_id: int, enrollment_url: str, replaces: bool) -> tuple[Issued, bytes]:
    """Make code and letter; what could fail is tried before the code is made."""
    if enrollment_url:
        check_enrollment_url(enrollment_url)
    with office.records.reading() as sql:
        row = sql.execute("SELECT user_id, name, postal_code, address FROM application WHERE id = ?", (application_id,)).fetchone()
    if row is None:
        raise ApplicationUnknown("there is no such application")
    check_printable(Application(**dict(row)))
    issued = accept(office.records, application_id, office.now(), replaces=replaces)
    return issued, make_letter(issued, enrollment_url, office.now())


async def _overview(office: Office, request: Request, code: int = 200, **context: object) -> Response:
    applications, certificates = await run_in_threadpool(_read, office)
    return show(
        request,
        "desk.html",
        code,
        applications=applications,
        certificates=certificates,
        states=STATES,
        certificate_states=CERTIFICATE_STATES,
        reasons=REASONS,
        enrollment_url=office.config.enrollment_url,
        now_s=office.now().timestamp(),
        **context,
    )


def _read(office: Office) -> tuple[list[dict[str, object]], dict[int, list[dict[str, object]]]]:
    """Everything on record, the newest first; certificates by their application."""
    with office.records.reading() as sql:
        applications = [dict(row) for row in sql.execute(APPLICATIONS)]
        rows = sql.execute("SELECT * FROM certificate WHERE kind = 'signer' ORDER BY rowid DESC").fetchall()
    certificates: dict[int, list[dict[str, object]]] = {}
    for row in rows:
        ends = int(x509.load_der_x509_certificate(row["der"]).not_valid_after_utc.timestamp())
        certificates.setdefault(row["application_id"], []).append({**dict(row), "ends": ends})
    return applications, certificates


def _session(office: Office, ends: int) -> str:
    mac = hmac.new(office.officer_secret, b"natsuin demo CA desk %d" % ends, hashlib.sha256).hexdigest()
    return f"{ends}.{mac}"


def _require_session(office: Office, cookie: str) -> None:
    ends = cookie.partition(".")[0]
    if not (ends.isascii() and ends.isdigit() and len(ends) < 12) or int(ends) <= office.now().timestamp():
        raise OfficerRefused("no session")
    if not hmac.compare_digest(cookie.encode(), _session(office, int(ends)).encode()):
        raise OfficerRefused("no session")
