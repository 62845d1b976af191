"""`oauth2/revoke` (RFC 7009, CSC 2.0 §8.3.4): at once, and only for the application that holds the token."""

from starlette.requests import Request
from starlette.responses import Response

from app.errors import BadParameter
from app.oauth.client import authenticate, read_form
from app.services import Services


async def revoke(services: Services, request: Request) -> Response:
    """Forget an access token; a token that is not the caller's, or not known, is no error (RFC 7009 §2.2)."""
    form = await read_form(request)
    application = await authenticate(services, request, form)
    if not form.get("token"):
        raise BadParameter("Missing parameter token")
    if form.get("token_type_hint", "access_token") not in ("access_token", "refresh_token"):
        raise BadParameter("Invalid parameter token_type_hint")
    known = await services.ephemeral.token(form["token"])
    if known is not None and known.client_id == application.client_id:
        await services.ephemeral.revoke_token(form["token"])
    return Response(status_code=204)
