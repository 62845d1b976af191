"""
`oauth2/authorize` (RFC 6749 §3.1, RFC 9126 §4): where an application sends its user's browser, with nothing but a pushed request.

The request is looked at here, and used up by the signer, signed in, on the page that follows: a preview of the link uses nothing up.
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.domain.grant import Step
from app.errors import GrantRefused
from app.grant.pushed import URN
from app.services import Services
from app.store import grants

PARAMETERS = ("client_id", "request_uri")


async def authorize(services: Services, request: Request) -> Response:
    """Lead on to the page where the signer answers; whatever is wrong is told to the person here, for there is no address to trust."""
    given = [request.query_params.getlist(name) for name in PARAMETERS]
    if [len(one) for one in given] != [1, 1] or not given[1][0].startswith(URN):
        raise GrantRefused("invalid_request", "A pushed authorization request is needed")
    grant = await services.database.read(grants.get, given[1][0].removeprefix(URN))
    if grant is None or grant.client_id != given[0][0] or grant.kind != "code":
        raise GrantRefused("invalid_request_uri", "Invalid parameter request_uri")
    if grant.state not in (Step.PUSHED, Step.ASKED) or services.now() >= grant.expires:
        raise GrantRefused("invalid_request_uri", "The request was used, or its time is over")
    return RedirectResponse(f"/access/{grant.id}", 303)
