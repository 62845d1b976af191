"""
The grant `refresh_token` (RFC 6749 §6), for scope `service` only (CSC 2.0 §8.3.3).

The refresh token stays the same: it is of use to the authenticated application alone, so that changing it would only lose it (FAPI 2.0
§5.3.2.1).
"""

from app.domain.grant import Step
from app.domain.identifiers import secret_sha256
from app.domain.parties import Application
from app.errors import BadParameter, GrantRefused
from app.oauth.answers import Tokens
from app.oauth.binding import Binding
from app.oauth.give import service_token
from app.services import Services
from app.store import grants


async def by_refresh(services: Services, application: Application, form: dict[str, str], binding: Binding) -> Tokens:
    """Give a new access token, bound to what this request shows; raises GrantRefused."""
    if not form.get("refresh_token"):
        raise BadParameter("Missing parameter refresh_token")
    grant = await services.database.read(grants.by_refresh, secret_sha256(form["refresh_token"]))
    if grant is None or grant.client_id != application.client_id or grant.state is not Step.GIVEN:
        raise GrantRefused("invalid_grant", "Invalid parameter refresh_token")
    if services.now() >= grant.expires:
        raise GrantRefused("invalid_grant", "Refresh token expired")
    if form.get("scope", "service") != "service":
        raise GrantRefused("invalid_scope", "Invalid parameter scope")
    return await service_token(services, application, grant, binding)
