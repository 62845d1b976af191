"""The page that the code on an application's screen leads to: it takes the code out of the address, and goes on to the request."""

import re
import secrets

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.authorization.moving_code import use_code
from app.config import Config
from app.domain.identifiers import secret_sha256
from app.errors import BadParameter
from app.phone.page import page
from app.phone.session import read_message
from app.services import Services

BROWSER = re.compile(r"[A-Za-z0-9_-]{43}\Z")
LIFE_S = 3_600  # longer than any request that an application shows a code for, so that the end knows the way back


async def show(_: Services, request: Request) -> Response:
    """Show the page; the code stands behind the #, which no server sees."""
    return page(request, "screen_code.html")


async def use(services: Services, request: Request) -> Response:
    """Take the code, before anybody has signed in: what it leads to asks for that. The browser is remembered as having come with it."""
    code = (await read_message(services, request)).get("code")
    if not isinstance(code, str):
        raise BadParameter("Invalid parameter code")
    browser = _browser(services.config, request) or secrets.token_urlsafe(32)
    authorization_id = await use_code(services, code, secret_sha256(browser))
    response = JSONResponse({"path": f"/approve/{authorization_id}"})
    name, secure = _cookie_name(services.config), services.config.secure
    response.set_cookie(name, browser, max_age=LIFE_S, path="/", secure=secure, httponly=True, samesite="lax")
    return response


def browser_sha256(services: Services, request: Request) -> bytes | None:
    """Give the hash that this browser is known by since it came with a code; None where it never did."""
    browser = _browser(services.config, request)
    return secret_sha256(browser) if browser is not None else None


def _browser(config: Config, request: Request) -> str | None:
    browser = request.cookies.get(_cookie_name(config), "")
    return browser if BROWSER.match(browser) else None


def _cookie_name(config: Config) -> str:
    return "__Host-natsuin-screen" if config.secure else "natsuin-screen"
