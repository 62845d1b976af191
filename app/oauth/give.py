"""Giving the tokens of a grant: for scope `service` an access token and a refresh token, for scope `credential` the SAD itself."""

import secrets

from app.domain.grant import Grant
from app.domain.identifiers import secret_sha256
from app.domain.parties import Application
from app.errors import GrantRefused
from app.oauth.answers import Tokens, details_of
from app.oauth.binding import Binding
from app.services import Services
from app.store import grants
from app.store.redis import Token
from hsm.messages import CollectReply

REFRESH_LIFE_S = 90 * 86_400


async def give_service(services: Services, application: Application, grant: Grant, binding: Binding) -> Tokens:
    """Redeem a grant of scope `service`; raises GrantRefused where it was redeemed meanwhile."""
    refresh_token, now = secrets.token_urlsafe(32), services.now()
    tied = {"refresh_sha256": secret_sha256(refresh_token), "jkt": binding.jkt, "x5t": binding.x5t}
    if not await services.database.write(grants.redeem, grant, int(now) + REFRESH_LIFE_S, tied):
        raise GrantRefused("invalid_grant", "Authorization code is invalid or expired")
    told = await service_token(services, application, grant, binding)
    told.refresh_token = refresh_token
    return told


async def service_token(services: Services, application: Application, grant: Grant, binding: Binding) -> Tokens:
    """Make an access token of scope `service`, for the one signer who granted it."""
    life_s, now = services.config.token_life_s, services.now()
    expires = int(now) + life_s
    holder = Token(application.client_id, expires, "service", grant.user_id, grant.id, binding.jkt, binding.x5t)
    access_token = await services.ephemeral.give_token(holder, now)
    return Tokens(access_token=access_token, token_type=binding.token_type, expires_in=life_s, scope="service")


async def give_credential(services: Services, application: Application, grant: Grant, collected: CollectReply, binding: Binding) -> Tokens:
    """
    Redeem a grant of scope `credential`: the access token is the SAD that the SAM made, and is worth exactly that.

    Raises:
        GrantRefused: it was redeemed meanwhile.
    """
    now = services.now()
    tied = {"token_sha256": secret_sha256(collected.sad), "jkt": binding.jkt, "x5t": binding.x5t}
    if not await services.database.write(grants.redeem, grant, collected.usable_until, tied):
        raise GrantRefused("invalid_grant", "Authorization code is invalid or expired")
    holder = Token(application.client_id, collected.usable_until, "credential", grant.user_id, grant.id, binding.jkt, binding.x5t)
    await services.ephemeral.give_token(holder, now, collected.sad)
    return Tokens(
        access_token=collected.sad,
        token_type=binding.token_type,
        expires_in=max(0, int(collected.usable_until - now)),
        scope="credential",
        authorization_details=details_of(grant.request),
    )
