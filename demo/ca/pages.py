"""The pages for people who apply: what this is, the application, and how it stands; in Japanese and English, without a script."""

from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from demo.ca.applications import Application, check, receive
from demo.ca.errors import ApplicationRefused
from demo.ca.letter import check_printable
from demo.ca.office import Office
from demo.relying.words import COOKIE, Words, choose_language

HERE = Path(__file__).parent
JAPAN = ZoneInfo("Asia/Tokyo")
YEAR_S = 366 * 86_400
FIELDS = ("user_id", "name", "postal_code", "address")
REFUSED = {
    "user_id": Words(
        "利用者 ID は、半角の英数字と . _ @ + - で入力してください（64 文字まで）。メールアドレスも使えます。",
        "A user id has letters, digits and . _ @ + - (up to 64); an e-mail address will do.",
    ),
    "name": Words(
        "お名前か住所に、印刷できない文字があります。お名前は 64 文字までです。",
        "The name or the address has characters that can't be printed. A name has up to 64.",
    ),
    "address": Words("住所は 3 行まで、200 文字までで入力してください。", "An address has up to 3 lines and 200 characters."),
    "": Words("入力をお確かめください。", "Please check what you entered."),
}
STATES = {
    "received": Words("審査中です", "Being examined"),
    "refused": Words("お断りしました", "Refused"),
    "accepted": Words("承認しました", "Accepted"),
    "code_issued": Words("手紙をお送りしました", "The letter is on its way"),
    "certified": Words("電子証明書を発行しました", "Certified"),
}

templates = Jinja2Templates(HERE / "templates")
templates.env.trim_blocks = templates.env.lstrip_blocks = True


def routes(office: Office) -> list[Route | Mount]:
    """The pages, over an office."""

    async def home(request: Request) -> Response:
        return show(request, "home.html")

    async def apply(request: Request) -> Response:
        return show(request, "apply.html", entered={})

    async def send(request: Request) -> Response:
        entered = await form_of(request, *FIELDS)
        try:
            application = check(msgspec.convert(entered, Application))
            await run_in_threadpool(check_printable, application)
        except (ApplicationRefused, msgspec.ValidationError) as refused:
            said = REFUSED[refused.field if isinstance(refused, ApplicationRefused) else _field_of(refused)]
            return show(request, "apply.html", HTTPStatus.UNPROCESSABLE_ENTITY, entered=entered, refused=said)
        receipt = await run_in_threadpool(receive, office.records, application, office.now())
        return RedirectResponse(f"/apply/{receipt}", HTTPStatus.SEE_OTHER)

    def receipt(request: Request) -> Response:
        with office.records.reading() as sql:
            found = sql.execute("SELECT * FROM application WHERE receipt = ?", (request.path_params["receipt"],)).fetchone()
        if found is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return show(request, "receipt.html", application=found, state=STATES[found["state"]])

    return [
        Route("/", home),
        Route("/apply", apply),
        Route("/apply", send, methods=["POST"]),
        Route("/apply/{receipt}", receipt),
        Mount("/static", StaticFiles(directory=HERE / "static")),
    ]


def show(request: Request, template: str, status: int = 200, **context: object) -> Response:
    """Render a page in the visitor's language; a language that was switched to is remembered."""
    language = choose_language(request)

    def say(ja: str, en: str) -> str:
        return Words(ja, en).said_in(language)

    shown = {
        "language": language,
        "say": say,
        "said": lambda words: Words(*words).said_in(language),
        "day": lambda unix_s: f"{datetime.fromtimestamp(unix_s, UTC).astimezone(JAPAN):%Y-%m-%d %H:%M}",
        **context,
    }
    page = templates.TemplateResponse(request, template, shown, status_code=status)
    page.headers["Vary"] = "Accept-Language, Cookie"
    page.headers["Content-Language"] = language
    if request.query_params.get("lang") == language:
        page.set_cookie(COOKIE, language, max_age=YEAR_S, httponly=True, samesite="lax")
    return page


async def form_of(request: Request, *names: str) -> dict[str, str]:
    """Read the named fields of a form, trimmed, with plain line ends."""
    async with request.form(max_files=0, max_fields=10) as form:
        return {name: str(form.get(name, "")).strip().replace("\r\n", "\n") for name in names}


async def problem(request: Request, error: Exception) -> Response:
    """A page for what can't be shown."""
    status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    return show(request, "problem.html", status, is_missing=status == HTTPStatus.NOT_FOUND)


def _field_of(refused: msgspec.ValidationError) -> str:
    """Find the field that msgspec names at the end of its message."""
    return next((name for name in ("user_id", "name", "address") if f"$.{name}`" in str(refused)), "")
