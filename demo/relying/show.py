"""How a page is made: a template, in the visitor's language."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.templating import Jinja2Templates

from demo.relying.words import COOKIE, Words, choose_language

HERE = Path(__file__).parent
YEAR_S = 366 * 86_400

templates = Jinja2Templates(HERE / "templates")
templates.env.trim_blocks = templates.env.lstrip_blocks = True


def show(request: Request, template: str, status: int = 200, **context: object) -> Response:
    """Render a page in the visitor's language; a language that was switched to is remembered."""
    language = choose_language(request)

    def say(ja: str, en: str) -> str:
        return Words(ja, en).said_in(language)

    shown = {"language": language, "say": say, "said": lambda words: Words(*words).said_in(language), **context}
    page = templates.TemplateResponse(request, template, shown, status_code=status)
    page.headers["Vary"] = "Accept-Language, Cookie"
    page.headers["Content-Language"] = language
    if request.query_params.get("lang") == language:
        page.set_cookie(COOKIE, language, max_age=YEAR_S, httponly=True, samesite="lax")
    return page
