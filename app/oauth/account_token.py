"""`account_token` (CSC 2.0 §8.3.2): an application with a secret says whose account it asks for, in a JWT under SHA-256 of that secret."""

from joserfc import jwk, jwt
from joserfc.errors import JoseError

from app.domain.parties import Application
from app.errors import BadParameter, JwtRefused
from app.oauth.jose import MAX_CHARACTERS, claim_time
from app.services import Services

LIFE_S = 300
AHEAD_S = 15


async def account_of(services: Services, application: Application, text: str) -> str:
    """Give the signer whom the application names; raises BadParameter."""
    if application.auth != "secret" or len(text) > MAX_CHARACTERS or not text.isascii():
        raise _refused()
    try:
        claims = jwt.decode(text, jwk.OctKey.import_key(application.secret_sha256), algorithms=["HS256"]).claims
        account, jti, issued = claims.get("sub"), claims.get("jti"), claim_time(claims, "iat")
    except (JoseError, JwtRefused, ValueError, TypeError, KeyError):
        raise _refused() from None
    now = services.now()
    if claims.get("azp") != application.client_id or not isinstance(account, str) or not isinstance(jti, str):
        raise _refused()
    if issued is None or not now - LIFE_S <= issued <= now + AHEAD_S:
        raise _refused()
    if not await services.ephemeral.is_first_use("account", f"{application.client_id} {jti}", LIFE_S + 2 * AHEAD_S):
        raise _refused()
    return account


def _refused() -> BadParameter:
    return BadParameter("Invalid parameter account_token")
