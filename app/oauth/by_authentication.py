"""
The grant of CIBA (OpenID Client-Initiated Backchannel Authentication Core 1.0 §10.1, §11): the application asks whether its signer has
decided.

With scope `openid` an ID token (OpenID Connect Core §2) comes beside the access token. It asks by polling, also after a ping.
"""

from app.authorization.collect import collect
from app.domain.authorization import Authorization, State
from app.domain.grant import Grant, Step
from app.domain.parties import Application
from app.errors import BadParameter, Ended, GrantRefused
from app.oauth.answers import Tokens
from app.oauth.binding import Binding
from app.oauth.give import give_credential
from app.services import Services
from app.store import authorizations, grants

INTERVAL_S = 2
PACE_MS = 950  # half of what is advised, so that no honest client is ever too fast (docs/decisions/008)
ID_TOKEN_LIFE_S = 300
ENDS = {
    State.REFUSED: ("access_denied", "The signer refused"),
    State.CANCELLED: ("access_denied", "The request was withdrawn"),
    State.EXPIRED: ("expired_token", "The signer did not decide in time"),
    State.LAPSED: ("expired_token", "The approval was not used in time"),
}


async def by_authentication(services: Services, application: Application, form: dict[str, str], binding: Binding) -> Tokens:
    """
    Give the tokens once the signer has approved; raises GrantRefused with the standard's codes until then, and where there will be none.
    """
    auth_req_id = form.get("auth_req_id")
    if not auth_req_id:
        raise BadParameter("Missing parameter auth_req_id")
    grant = await services.database.read(grants.get, auth_req_id)
    if grant is None or grant.client_id != application.client_id or grant.kind != "ciba" or grant.authorization_id is None:
        raise GrantRefused("invalid_grant", "Invalid parameter auth_req_id")
    if not await services.ephemeral.may_poll(f"ciba:{grant.id}", PACE_MS):
        raise GrantRefused("slow_down", "Polled too fast; add 5 seconds to the interval")
    if grant.state is Step.OVER and grant.token_sha256 is None:
        raise GrantRefused("access_denied", "The signer ended the agreement")
    if grant.state is not Step.ASKED:
        raise GrantRefused("invalid_grant", "The tokens were given before")
    try:
        collected = await collect(services, application.client_id, grant.authorization_id, 0)
    except Ended as end:
        raise GrantRefused(*ENDS.get(State(end.state), ("invalid_grant", "The approval was used"))) from None
    if isinstance(collected, Authorization):
        raise GrantRefused("authorization_pending", "The signer has not decided yet")
    told = await give_credential(services, application, grant, collected, binding)
    if grant.request.openid:
        told.id_token = await _id_token(services, grant)
    return told


async def _id_token(services: Services, grant: Grant) -> str:
    authorization = await services.database.read(authorizations.get, grant.authorization_id or "")
    now = int(services.now())
    claims = {
        "iss": services.config.origin,
        "sub": grant.user_id,
        "aud": grant.client_id,
        "iat": now,
        "exp": now + ID_TOKEN_LIFE_S,
        "auth_time": authorization.decided_at if authorization is not None else now,
        "amr": ["pop", "user"] if authorization is not None and authorization.factor == "passkey" else ["otp", "pin"],
        "urn:openid:params:jwt:claim:auth_req_id": grant.id,
    }
    return services.oauth_keys.sign(claims, now)
