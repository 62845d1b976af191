"""`oauth2/token` (RFC 6749 §3.2, CSC 2.0 §8.3.3): an access token for each of the four grants."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from app.answering import answer
from app.domain.parties import Application
from app.errors import BadParameter, GrantRefused
from app.oauth import by_authentication, by_code, by_refresh
from app.oauth.answers import Tokens
from app.oauth.binding import Binding, binding_of
from app.oauth.client import authenticate, read_form
from app.services import Services
from app.store.redis import Token

Grant = Callable[[Services, Application, dict[str, str], Binding], Awaitable[Tokens]]


async def token(services: Services, request: Request) -> Response:
    """Give an access token to an application that shows who it is, and what was granted to it."""
    form = await read_form(request)
    if not form.get("grant_type"):
        raise BadParameter("Missing parameter grant_type")
    application = await authenticate(services, request, form)
    grant = GRANTS.get(form["grant_type"])
    if grant is None:
        raise BadParameter("Invalid parameter grant_type")
    return answer(await grant(services, application, form, await binding_of(services, request, application)))


async def _by_credentials(services: Services, application: Application, form: dict[str, str], binding: Binding) -> Tokens:
    """Client credentials (RFC 6749 §4.4): the application itself, for whichever signer."""
    if form.get("scope", "service") != "service":
        raise GrantRefused("invalid_scope", "Invalid parameter scope")
    life_s, now = services.config.token_life_s, services.now()
    holder = Token(application.client_id, int(now) + life_s, jkt=binding.jkt, x5t=binding.x5t)
    access_token = await services.ephemeral.give_token(holder, now)
    return Tokens(access_token=access_token, token_type=binding.token_type, expires_in=life_s, scope="service")


GRANTS: dict[str, Grant] = {
    "client_credentials": _by_credentials,
    "authorization_code": by_code.by_code,
    "refresh_token": by_refresh.by_refresh,
    "urn:openid:params:grant-type:ciba": by_authentication.by_authentication,
}
