"""
Client authentication by `private_key_jwt` (RFC 7523 §3, OpenID Connect Core §9) as FAPI 2.0 §5.3.2.1 wants it.

Its audience is our issuer, as one string; it is used once, within minutes.
"""

import json
from typing import Any

from joserfc import jwk

from app.domain.parties import Application
from app.errors import ClientUnproven, JwtRefused
from app.oauth.jose import Jwt, claim_time, read_public_key, verify
from app.services import Services
from app.webauthn import unb64

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
AHEAD_S = 15  # FAPI 2.0 §5.3.2.1: 10 seconds must be taken, 60 must not
LONGEST_LIFE_S = 600
MAX_JTI_CHARACTERS = 200


async def require_assertion(services: Services, application: Application, text: str) -> None:
    """Check that the application made this assertion, for us, just now; raises ClientUnproven."""
    keys = json.loads(application.jwks)["keys"] if application.jwks else []

    def key_for(header: dict[str, Any]) -> jwk.Key:
        kid = header.get("kid")
        fitting = [one for one in keys if one.get("kid") == kid] if kid is not None else keys
        if len(fitting) != 1:
            raise JwtRefused("no one key")
        return read_public_key(fitting[0])

    try:
        assertion = verify(text, key_for)
        jti, keep_s = _read(services, application, assertion)
    except JwtRefused as refusal:
        raise ClientUnproven(f"The client assertion does not verify: {refusal}") from None
    if not await services.ephemeral.is_first_use("assertion", f"{application.client_id} {jti}", keep_s):
        raise ClientUnproven("The client assertion was used before")


def claimed_subject(text: str) -> str | None:
    """Give whom an assertion says that it is from, before anything of it is checked."""
    try:
        subject = json.loads(unb64(text.split(".")[1])).get("sub")
    except (IndexError, ValueError, AttributeError, RecursionError):
        return None
    return subject if isinstance(subject, str) else None


def _read(services: Services, application: Application, assertion: Jwt) -> tuple[str, int]:
    """Give the assertion's id, and for how long it must be remembered."""
    claims, now = assertion.claims, services.now()
    if claims.get("iss") != application.client_id or claims.get("sub") != application.client_id:
        raise JwtRefused("iss and sub must be the client_id")
    if claims.get("aud") != services.config.origin:
        raise JwtRefused("aud must be the issuer, as one string")
    expires, begins, issued = (claim_time(claims, name) for name in ("exp", "nbf", "iat"))
    if expires is None or not now < expires <= now + LONGEST_LIFE_S:
        raise JwtRefused("exp is missing, over, or too far away")
    if any(one is not None and one > now + AHEAD_S for one in (begins, issued)):
        raise JwtRefused("it is from the future")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI_CHARACTERS:
        raise JwtRefused("jti is missing")
    return jti, int(expires - now) + 1
