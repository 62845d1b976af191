"""`oauth2/revoke` (RFC 7009, CSC 2.0 §8.3.4): at once, and only for the application that holds the token."""

from starlette.requests import Request
from starlette.responses import Response

from app.domain.identifiers import secret_sha256
from app.errors import BadParameter
from app.oauth.client import authenticate, read_form
from app.services import Services
from app.store import grants


async def revoke(services: Services, request: Request) -> Response:
    """
    Forget a token; one that is not the caller's, or not known, is no error (RFC 7009 §2.2).

    With a refresh token all its access tokens end; with a credential token the approval can't be used any more.
    """
    form = await read_form(request)
    application = await authenticate(services, request, form)
    if not form.get("token"):
        raise BadParameter("Missing parameter token")
    if form.get("token_type_hint", "access_token") not in ("access_token", "refresh_token"):
        raise BadParameter("Invalid parameter token_type_hint")
    given = form["token"]
    for find in (grants.by_refresh, grants.by_token):
        grant = await services.database.read(find, secret_sha256(given))
        if grant is not None and grant.client_id == application.client_id:
            await services.database.write(grants.end, grant.id)
    known = await services.ephemeral.token(given)
    if known is not None and known.client_id == application.client_id:
        await services.ephemeral.revoke_token(given)
    return Response(status_code=204)
