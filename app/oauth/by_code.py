"""
The grant `authorization_code` (RFC 6749 §4.1.3) with PKCE (RFC 7636 §4.6): a code is used once, within a minute, by the application and
the key that it was made for; whoever brings it again ends all that came of it (RFC 9700 §4.2.4).
"""

import hashlib
import hmac
import json

from app.authorization.collect import collect
from app.domain.authorization import Authorization
from app.domain.grant import Grant, Step
from app.domain.identifiers import secret_sha256
from app.domain.parties import Application
from app.errors import BadParameter, Ended, GrantRefused, HandleUnknown
from app.oauth.answers import Tokens
from app.oauth.binding import Binding
from app.oauth.give import give_credential, give_service
from app.services import Services
from app.store import grants
from app.webauthn import b64


async def by_code(services: Services, application: Application, form: dict[str, str], binding: Binding) -> Tokens:
    """Redeem a code; raises GrantRefused."""
    if not form.get("code"):
        raise BadParameter("Missing parameter code")
    grant = await services.database.read(grants.by_code, secret_sha256(form["code"]))
    if grant is None or grant.client_id != application.client_id:
        raise GrantRefused("invalid_grant", "Invalid parameter code")
    if grant.state is Step.GIVEN:
        await services.database.write(grants.end, grant.id)
    if grant.state is not Step.CODED or services.now() >= grant.expires:
        raise GrantRefused("invalid_grant", "Authorization code is invalid or expired")
    _require_same(grant, form, binding)
    if grant.scope == "service":
        return await give_service(services, application, grant, binding)
    assert grant.authorization_id is not None
    try:
        collected = await collect(services, application.client_id, grant.authorization_id, 0)
    except (Ended, HandleUnknown):
        raise GrantRefused("invalid_grant", "Authorization code is invalid or expired") from None
    assert not isinstance(collected, Authorization)
    return await give_credential(services, application, grant, collected, binding)


def _require_same(grant: Grant, form: dict[str, str], binding: Binding) -> None:
    request = grant.request
    if form.get("redirect_uri") != request.redirect_uri:
        raise GrantRefused("invalid_grant", "redirect_uri parameter does not match redirect_uri parameter of authorization request")
    challenge = b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
    if not hmac.compare_digest(challenge, request.code_challenge):
        raise GrantRefused("invalid_grant", "Invalid parameter code_verifier")
    if request.jkt not in (None, binding.jkt):
        raise GrantRefused("invalid_grant", "The code is bound to another key")
    if "authorization_details" in form and _parsed(form["authorization_details"]) != [request.details]:
        raise GrantRefused("invalid_authorization_details", "Not what was granted")


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
