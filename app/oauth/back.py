"""
The way back to the application, with a code or with what went wrong (RFC 6749 §4.1.2), and with who we are (`iss`, RFC 9207 §2).

Only the browser session that brought the request is led back: who approves on the phone what was begun on the PC stays on the phone.
"""

import secrets
from urllib.parse import urlencode

from app.domain.authorization import Authorization, State
from app.domain.grant import Grant, Step
from app.domain.identifiers import secret_sha256
from app.services import Services
from app.store import authorizations, grants

CODE_LIFE_S = 60  # FAPI 2.0 §5.3.2.1 allows no more
TAKEN_LIFE_S = 600  # how long a signer may take from the first look to the way back


async def way_back(services: Services, grant: Grant | None, session_sha256: bytes) -> str | None:
    """Give the address to send this browser on to, once that is decided; None while it is not, and for every other browser."""
    if grant is None or grant.session_sha256 != session_sha256 or services.now() >= grant.expires:
        return None
    refusal = await _refusal(services, grant)
    if refusal is not None:
        return address(services, grant, error=refusal[0], error_description=refusal[1])
    authorization = await _authorization(services, grant)
    if grant.state is Step.ASKED and (authorization is None or authorization.state is State.PENDING):
        return None
    code = secrets.token_urlsafe(32)
    if not await services.database.write(grants.give_code, grant.id, secret_sha256(code), int(services.now()) + CODE_LIFE_S):
        return None  # it was redeemed: this browser was back already
    return address(services, grant, code=code)


def address(services: Services, grant: Grant, **answer: str) -> str:
    """Put an answer behind the registered address, which has no query of its own."""
    state = {"state": grant.request.app_state} if grant.request.app_state is not None else {}
    return f"{grant.request.redirect_uri}?{urlencode(answer | state | {'iss': services.config.origin})}"


async def _refusal(services: Services, grant: Grant) -> tuple[str, str] | None:
    if grant.state is Step.REFUSED:
        return "access_denied", "The signer refused"
    authorization = await _authorization(services, grant)
    if authorization is None or authorization.state in (State.PENDING, State.APPROVED, State.SIGNED):
        return None
    if authorization.state is State.REFUSED:
        return "access_denied", "The signer refused"
    return "access_denied", "The signer did not decide in time, or the request ended otherwise"


async def _authorization(services: Services, grant: Grant) -> Authorization | None:
    if grant.authorization_id is None:
        return None
    return await services.database.read(authorizations.get, grant.authorization_id)
