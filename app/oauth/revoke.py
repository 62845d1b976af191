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
    await take_back(services, application.client_id, form["token"])
    return Response(status_code=204)


async def take_back(services: Services, client_id: str, token: str, user_id: str | None = None) -> bool:
    """End a token of an application, where `user_id` is given only one that this signer granted; False where there is none."""
    found = False
    for find in (grants.by_refresh, grants.by_token):
        grant = await services.database.read(find, secret_sha256(token))
        if grant is not None and grant.client_id == client_id and user_id in (None, grant.user_id):
            await services.database.write(grants.end, grant.id)
            found = True
    known = await services.ephemeral.token(token)
    if known is not None and known.client_id == client_id and user_id in (None, known.user_id):
        await services.ephemeral.revoke_token(token)
        found = True
    return found
