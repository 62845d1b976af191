"""
`auth/login` and `auth/revoke` (CSC 2.0 §11.2, §11.3): an access token for HTTP Basic, as older clients ask for it; off by default.

The name and the password are the application's id and secret: no signer has a password here. Who was registered with a key or a
certificate, or shows one, takes a token at `oauth2/token`. No refresh token is given here, so any that is sent is unknown. ETSI TS 119 432
has no Basic authentication for qualified signatures, and the standard itself calls it unsafe.
"""

import base64
import binascii
import hashlib
import hmac
import re

from starlette.requests import Request
from starlette.responses import Response

from app.answering import answer
from app.csc.answers import LoggedIn
from app.csc.body import Body, read_body
from app.csc.not_implemented import not_implemented
from app.domain.parties import Application
from app.errors import BadParameter, LoginHeaderMalformed, LoginRefused
from app.oauth.bearer import service_caller_of
from app.oauth.binding import Binding, binding_of
from app.oauth.revoke import take_back
from app.services import Services
from app.store import parties
from app.store.redis import Token

BASIC = re.compile(r"[Bb]asic +([A-Za-z0-9+/]+=*)\Z")
TOKEN_KINDS = ("access_token", "refresh_token")


async def login(services: Services, request: Request) -> Response:
    """Give an access token to an application that shows its id and secret."""
    if not services.config.csc_login:
        return not_implemented()
    body = await read_body(request)
    _refuse_refresh_token(body)
    body.flag("rememberMe")
    body.optional_text("clientData")
    name, secret = _basic(request)
    application = await services.database.read(parties.application, name)
    if application is None or application.auth != "secret" or not _has_secret(application, secret):
        raise LoginRefused
    if await binding_of(services, request, application) != Binding():
        raise LoginRefused  # a bound token could not be told from another here
    life_s, now = services.config.token_life_s, services.now()
    access_token = await services.ephemeral.give_token(Token(application.client_id, int(now) + life_s), now)
    return answer(LoggedIn(access_token, life_s))


async def revoke(services: Services, request: Request) -> Response:
    """End one of the caller's own tokens, at once."""
    if not services.config.csc_login:
        return not_implemented()
    caller = await service_caller_of(services, request)
    body = await read_body(request)
    token = body.text("token")
    try:
        body.choice("token_type_hint", TOKEN_KINDS, "access_token")
    except BadParameter:
        raise BadParameter("Invalid string parameter token_type_hint") from None
    body.optional_text("clientData")
    if not await take_back(services, caller.client_id, token, caller.user_id):
        raise BadParameter("Invalid string parameter token")
    return Response(status_code=204)


def _refuse_refresh_token(body: Body) -> None:
    try:
        given = body.text_where_given("refresh_token")
    except BadParameter:
        raise BadParameter("Invalid string parameter: refresh_token") from None
    if given is not None:
        raise BadParameter("Invalid refresh_token")


def _basic(request: Request) -> tuple[str, str]:
    headers = request.headers.getlist("authorization")
    given = BASIC.match(headers[0]) if len(headers) == 1 else None
    if given is None:
        raise LoginHeaderMalformed
    try:
        name, colon, secret = base64.b64decode(given[1], validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        colon = ""
    if not colon:
        raise BadParameter("Malformed username-password.")
    return name, secret


def _has_secret(application: Application, secret: str) -> bool:
    return hmac.compare_digest(application.secret_sha256, hashlib.sha256(secret.encode()).digest())
