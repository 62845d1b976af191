"""Signing in without the phone, from an application's link: what the sign-in page offers, and PIN and one-time password when they come."""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.authorization.otp_sign_in import SESSION_LIFE_S, SignInOffer, offer_sign_in, sign_in_with_otp
from app.authorization.tokens import challenge_of
from app.errors import BadParameter, Unavailable
from app.phone.otp_form import token_views
from app.phone.session import begin_session, read_message
from app.services import Services

LINK = re.compile(r"/approve/([A-Za-z0-9_-]{22})\Z")


async def offer_for(services: Services, next_path: str) -> SignInOffer | None:
    """Say what the link of a request may be opened with beside a passkey; None where that is nothing, or can't be told now."""
    link = LINK.match(next_path)
    if link is None:
        return None
    try:
        return await offer_sign_in(services, link[1])
    except Unavailable:  # the passkey may do all the same
        return None


def describe(offer: SignInOffer) -> dict[str, Any]:
    """Say so to a program; tokens are known by their place, and neither by serial number nor by name: who asks is not known yet."""
    tokens = [{"kind": one.kind, "suite": one.suite, "challenge": challenge_of(one, offer.transaction)} for one in offer.tokens.usable]
    return {"authorization": offer.authorization_id, "asked": offer.id, "tokens": tokens}


def view(offer: SignInOffer) -> dict[str, Any]:
    """Say so to a person."""
    views = token_views(offer.tokens.usable, offer.transaction, known=False)
    return {"authorization": offer.authorization_id, "asked": offer.id, "views": views}


async def sign_in(services: Services, request: Request) -> Response:
    """Have the SAM check PIN and one-time password, and begin a short session."""
    message = await read_message(services, request)
    authorization_id, asked, pin, code = (message.get(name) for name in ("authorization", "asked", "pin", "code"))
    place = message.get("token", 0)
    if not (isinstance(authorization_id, str) and isinstance(asked, str) and isinstance(pin, str) and isinstance(code, str)):
        raise BadParameter("Invalid parameter otp")
    if not isinstance(place, int) or isinstance(place, bool):
        raise BadParameter("Invalid parameter token")
    session = await sign_in_with_otp(services, authorization_id, asked, place, pin, code)
    response = JSONResponse({"user_id": session.user_id, "expires_in": SESSION_LIFE_S})
    await begin_session(services, request, session, response, SESSION_LIFE_S)
    return response
