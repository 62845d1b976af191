"""`oauth2/token` for client credentials (RFC 6749 §4.4, CSC 2.0 §8.3.3)."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.errors import BadParameter
from app.oauth.client import authenticate, read_form
from app.services import Services


async def token(services: Services, request: Request) -> Response:
    """Give an access token of scope `service` to an application that shows its secret."""
    form = await read_form(request)
    if not form.get("grant_type"):
        raise BadParameter("Missing parameter grant_type")
    application = await authenticate(services, request, form)
    if form["grant_type"] != "client_credentials":
        raise BadParameter("Invalid parameter grant_type")
    if form.get("scope", "service") != "service":
        raise BadParameter("Invalid parameter scope")
    life_s = services.config.token_life_s
    access_token = await services.ephemeral.give_token(application.client_id, life_s, services.now())
    return JSONResponse({"access_token": access_token, "token_type": "Bearer", "expires_in": life_s, "scope": "service"})
