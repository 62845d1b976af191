"""
`oauth2/pushed_authorize` (PAR, RFC 9126): the application says in its own voice what its user's browser will ask for; nothing else may be
asked.

What must be there is FAPI 2.0 §5.3.2.2: response type `code`, PKCE with S256, one of the registered redirect URIs.
"""

import re

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from app.answering import answer
from app.authorization.request import within_policy
from app.csc.body import MAX_BODY_BYTES
from app.domain.grant import Grant, GrantRequest, Step
from app.domain.identifiers import new_id
from app.domain.parties import Application
from app.errors import BadParameter, GrantRefused
from app.grant.details import read_credential_ask, read_scope
from app.oauth.account_token import account_of
from app.oauth.answers import Pushed
from app.oauth.client import authenticate, read_form
from app.oauth.dpop import proof_of
from app.services import Services
from app.store import grants

LIFE_S = 90  # CSC's own sample; FAPI 2.0 §5.3.2.2 wants less than 600
URN = "urn:ietf:params:oauth:request_uri:"
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
JKT = re.compile(r"[A-Za-z0-9_-]{43}\Z")
STATE = re.compile(r"[\x20-\x7e]{1,1000}\Z")  # RFC 6749 §A.5


async def push(services: Services, request: Request) -> Response:
    """Take an authorization request; the answer is the `request_uri` that stands for it, once."""
    form = await read_form(request, MAX_BODY_BYTES)
    application = await authenticate(services, request, form)
    if "request_uri" in form or "request" in form:
        raise BadParameter("Invalid parameter request_uri")  # RFC 9126 §2.1
    asked = _read(application, form)
    jkt = await _key_of(services, request, form)
    scope, openid = read_scope(form)
    if openid:
        raise GrantRefused("invalid_scope", "Invalid parameter scope")
    if scope == "credential":
        ask, details = read_credential_ask(services, form)
        ask = within_policy(application.policy, ask, services.config.authorization_life_s)
        asked = msgspec.structs.replace(asked, ask=msgspec.json.encode(ask), details=details)
    account = await account_of(services, application, form["account_token"]) if "account_token" in form else None
    now = int(services.now())
    grant = Grant(
        id=new_id(),
        client_id=application.client_id,
        kind="code",
        scope=scope,
        state=Step.PUSHED,
        created=now,
        expires=now + LIFE_S,
        request=msgspec.structs.replace(asked, jkt=jkt, account=account),
    )
    await services.database.write(grants.add, grant)
    return answer(Pushed(URN + grant.id, LIFE_S), 201)


def _read(application: Application, form: dict[str, str]) -> GrantRequest:
    if form.get("response_type") != "code":
        raise GrantRefused("unsupported_response_type", "Invalid parameter response_type")
    if form.get("redirect_uri") not in application.redirect_uris:
        raise BadParameter("Invalid parameter redirect_uri")
    if form.get("response_mode", "query") != "query":
        raise BadParameter("Invalid parameter response_mode")
    if form.get("code_challenge_method") != "S256" or not CHALLENGE.match(form.get("code_challenge", "")):
        raise BadParameter("Invalid parameter code_challenge")
    state = form.get("state")
    if state is not None and not STATE.match(state):
        raise BadParameter("Invalid parameter state")
    return GrantRequest(redirect_uri=form["redirect_uri"], app_state=state, code_challenge=form["code_challenge"])


async def _key_of(services: Services, request: Request, form: dict[str, str]) -> str | None:
    """Give the key that the code is to be bound to: by a proof, by its thumbprint, or by both where they agree (RFC 9449 §10, §10.1)."""
    named, proven = form.get("dpop_jkt"), await proof_of(services, request)
    if named is not None and (not JKT.match(named) or proven not in (None, named)):
        raise BadParameter("Invalid parameter dpop_jkt")
    return proven or named
