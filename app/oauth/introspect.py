"""`oauth2/introspect` (RFC 7662): what a token is worth just now, told to the application that holds it, and to no other."""

from msgspec import UNSET
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from app.answering import answer
from app.domain.grant import Step
from app.domain.identifiers import secret_sha256
from app.errors import BadParameter
from app.oauth.answers import Introspected, details_of
from app.oauth.binding import Binding
from app.oauth.client import authenticate, read_form
from app.services import Services
from app.store import grants


async def introspect(services: Services, request: Request) -> Response:
    """Say what a token is worth; unknown, over and another's get one answer (RFC 7662 §2.2)."""
    form = await read_form(request)
    application = await authenticate(services, request, form)
    if not form.get("token"):
        raise BadParameter("Missing parameter token")
    return answer(await _told(services, application.client_id, form["token"]) or Introspected(active=False))


async def _told(services: Services, client_id: str, text: str) -> Introspected | None:
    now = services.now()
    told = Introspected(active=True, iss=services.config.origin, client_id=client_id)
    refresh = await services.database.read(grants.by_refresh, secret_sha256(text))
    if refresh is not None:
        good = refresh.client_id == client_id and refresh.state is Step.GIVEN and now < refresh.expires
        return replace(told, scope=refresh.scope, sub=refresh.user_id or UNSET, exp=refresh.expires) if good else None
    token = await services.ephemeral.token(text)
    if token is None or token.client_id != client_id or now >= token.expires:
        return None
    binding = Binding(token.jkt, token.x5t)
    told = replace(told, scope=token.scope, exp=token.expires, token_type=binding.token_type, cnf=binding.confirmation)
    if token.grant_id is None:
        return told
    grant = await services.database.read(grants.get, token.grant_id)
    if grant is None or grant.state is not Step.GIVEN:
        return None
    return replace(told, sub=token.user_id or UNSET, authorization_details=details_of(grant.request))
