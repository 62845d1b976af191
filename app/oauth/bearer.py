"""Who asks: the access token in the Authorization header (RFC 6750 §2.1, RFC 9449 §7.1, CSC 2.0 §10), with what it is bound to."""

import re

from msgspec import Struct
from starlette.requests import Request

from app.domain.grant import Step
from app.errors import BadAuthorizationHeader, ProofRefused, ScopeRefused, TokenExpired, TokenUnknown
from app.oauth.certificate import x5t_of
from app.oauth.dpop import proof_of
from app.services import Services
from app.store import grants
from app.store.redis import Token

GIVEN = re.compile(r"([Bb]earer|[Dd][Pp]o[Pp]) +([A-Za-z0-9._~+/-]+=*)\Z")


class Caller(Struct, frozen=True):
    """The application that asks, and the token with which it does; `user_id` is the signer who granted it, if one did."""

    client_id: str
    access_token: str
    scope: str
    user_id: str | None = None
    grant_id: str | None = None
    jkt: str | None = None
    x5t: str | None = None

    def is_for(self, user_id: str) -> bool:
        """Whether the token reaches this signer: every one, or the one who granted it."""
        return self.user_id in (None, user_id)


async def service_caller_of(services: Services, request: Request) -> Caller:
    """
    Say who sends this request, with a token of scope `service`.

    Raises:
        As `caller_of`; and ScopeRefused: the token is of another scope.
    """
    caller = await caller_of(services, request)
    if caller.scope != "service":
        raise ScopeRefused
    return caller


async def caller_of(services: Services, request: Request) -> Caller:
    """
    Say who sends this request, with whichever token.

    Raises:
        BadAuthorizationHeader, TokenUnknown, TokenExpired: it does not show who it is.
        ProofRefused: the token is bound to a key or certificate that the request does not show.
    """
    headers = request.headers.getlist("authorization")
    given = GIVEN.match(headers[0]) if len(headers) == 1 else None
    if given is None:
        raise BadAuthorizationHeader
    scheme, access_token = given[1].lower(), given[2]
    token = await _live(services, access_token)
    await _require_holder(services, request, token, scheme, access_token)
    await _require_granted(services, token)
    return Caller(token.client_id, access_token, token.scope, token.user_id, token.grant_id, token.jkt, token.x5t)


async def require_still(services: Services, caller: Caller) -> None:
    """Look again whether a caller's token is good, where an answer lasts longer than its request; raises as `caller_of` does."""
    await _require_granted(services, await _live(services, caller.access_token))


async def _live(services: Services, access_token: str) -> Token:
    token = await services.ephemeral.token(access_token)
    if token is None:
        raise TokenUnknown
    if services.now() >= token.expires:
        raise TokenExpired
    return token


async def _require_granted(services: Services, token: Token) -> None:
    if token.grant_id is None:
        return
    grant = await services.database.read(grants.get, token.grant_id)
    if grant is None or grant.state is not Step.GIVEN:
        raise TokenUnknown  # the signer or the application took it back


async def _require_holder(services: Services, request: Request, token: Token, scheme: str, access_token: str) -> None:
    if (scheme == "dpop") is not (token.jkt is not None):  # RFC 9449 §7.2: no downgrade to Bearer, and no proof for what is not bound
        raise ProofRefused("invalid_token", "The access token is of another type", at_resource=True)
    if token.jkt is not None:
        shown = await proof_of(services, request, access_token)
        if shown is None:
            raise ProofRefused("invalid_dpop_proof", "A DPoP proof is needed", at_resource=True)
        if shown != token.jkt:
            raise ProofRefused("invalid_token", "The DPoP proof is of another key", at_resource=True)
    if token.x5t is not None and x5t_of(services, request) != token.x5t:
        raise ProofRefused("invalid_token", "The access token is bound to a client certificate", at_resource=True)
