"""The sign-in page: a passkey says who is there."""

import re

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.account.recover import complete
from app.domain.parties import Passkey, Signer
from app.domain.recovery import Recovery
from app.errors import SignInRefused
from app.phone.otp_sign_in import describe, offer_for, view
from app.phone.page import page
from app.phone.session import begin_session, end_session, read_message
from app.phone.signed_in import as_json, wants_json
from app.services import Services
from app.store import parties, recoveries
from app.store.redis import Session
from app.webauthn import TIMEOUT_MS, new_challenge, passkey_id_of, request_options, verify_sign_in

_ID = "[A-Za-z0-9_-]{22}"
OUR_PAGES = re.compile(
    rf"/(approve/{_ID}|access/{_ID}|account|account/add(/{_ID})?|account/devices/{_ID}|account/recovery(/{_ID})?|freeze|notifications"
    rf"|keys/{_ID}/(unfreeze|destroy|renew)|history(/{_ID})?|account/otp(/unlock|/{_ID}(/resynchronise)?)?|account/replacement|second-way|receipt)?\Z"
)


async def show(services: Services, request: Request) -> Response:
    """Show the page; afterwards it goes on to one of our own pages, never elsewhere. As JSON to a phone without a screen."""
    asked = request.query_params.get("next", "/")
    next_path = asked if OUR_PAGES.match(asked) else "/"
    offer = await offer_for(services, next_path)
    if wants_json(request):
        return as_json({"next": next_path, "otp": describe(offer) if offer is not None else None})
    return page(request, "sign_in.html", next_path=next_path, otp=view(offer) if offer is not None else None)


async def options(services: Services, request: Request) -> Response:
    """Give a challenge, once."""
    await read_message(services, request)
    challenge = new_challenge()
    ceremony = await services.ephemeral.begin_ceremony(challenge, TIMEOUT_MS // 1000)
    return JSONResponse({"ceremony": ceremony, "publicKey": request_options(services.config.rp_id, challenge, [])})


async def sign_in(services: Services, request: Request) -> Response:
    """Check the passkey's answer, and begin a session; a device that waits with a recovery code is added, if its time is over."""
    message = await read_message(services, request)
    ceremony, assertion = message.get("ceremony"), message.get("credential")
    challenge = await services.ephemeral.take_ceremony(ceremony) if isinstance(ceremony, str) else None
    if challenge is None or not isinstance(assertion, dict):
        raise SignInRefused("no such ceremony")
    passkey, signer, recovery = await services.database.read(_holder, passkey_id_of(assertion), int(services.now()))
    config = services.config
    sign_count = verify_sign_in(
        assertion, challenge=challenge, rp_id=config.rp_id, origin=config.origin, passkey=passkey, user_handle=signer.user_handle
    )
    if recovery is not None:
        await complete(services, recovery, passkey.sign_count)
    if not await services.database.write(parties.sign_in_with, passkey, sign_count, services.now()):
        raise SignInRefused("the counter was moved by another sign-in")
    response = JSONResponse({"user_id": signer.user_id, "name": signer.name})
    await begin_session(services, request, Session(signer.user_id, passkey.passkey_id), response)
    return response


async def sign_out(services: Services, request: Request) -> Response:
    """End the session."""
    await read_message(services, request)
    response = JSONResponse({})
    await end_session(services, request, response)
    return response


def _holder(connection: Connection, passkey_id: bytes, now: int) -> tuple[Passkey, Signer, Recovery | None]:
    """Give the passkey and whose it is; of a device that waits with a recovery code, also that."""
    passkey, recovery = parties.passkey(connection, passkey_id), None
    if passkey is None and (recovery := recoveries.by_passkey(connection, passkey_id)) is not None:
        passkey = recovery.passkey(now, recovery.sign_count)
    signer = parties.signer(connection, passkey.user_id) if passkey is not None else None
    if passkey is None or signer is None:
        raise SignInRefused("unknown passkey")
    return passkey, signer, recovery
