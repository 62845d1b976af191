"""Pushes, for the pages' scripts and the service worker: subscribing, the test push, and what became of a push on the device."""

import base64
import re

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from app.domain.identifiers import new_id
from app.domain.subscription import Subscription
from app.errors import BadParameter, EndpointRefused, SubjectUnknown, TooFast
from app.phone.browser_name import browser_name
from app.phone.language import language_of
from app.phone.session import device_of, read_message, session_sha256, signer_of
from app.push.endpoint import PUSH_SERVICES, read_endpoint, read_keys
from app.services import Services
from app.store import notices, subscriptions

TEST_PACE_MS = 5_000
ID = re.compile(r"[A-Za-z0-9_-]{22}\Z")


async def key(services: Services, _: Request) -> Response:
    """Give our public key, which a browser subscribes with (RFC 8292 §4)."""
    return JSONResponse({"key": base64.urlsafe_b64encode(services.push_key).decode().rstrip("=")})


async def subscribe(services: Services, request: Request) -> Response:
    """Take the subscription of this browser, or bring it up to date; raises EndpointRefused."""
    message = await read_message(services, request)
    endpoint, keys = message.get("endpoint"), message.get("keys")
    if not isinstance(endpoint, str) or not isinstance(keys, dict):
        raise BadParameter("Invalid parameter endpoint")
    config, device, now = services.config, await device_of(services, request), int(services.now())
    read_endpoint(endpoint, (*PUSH_SERVICES, *config.push_hosts), config.push_test_service)
    p256dh, auth = read_keys(str(keys.get("p256dh")), str(keys.get("auth")))
    subscription = Subscription(
        id=new_id(),
        user_id=device.user_id,
        passkey_id=device.passkey_id,
        session_sha256=session_sha256(services, request),
        endpoint=endpoint,
        p256dh=p256dh,
        auth=auth,
        language=language_of(request),
        agent=browser_name(request.headers.get("user-agent", "")),
        created=now,
        last_seen=now,
    )
    if not await services.database.write(subscriptions.keep, subscription):
        raise EndpointRefused("known with other keys")
    return JSONResponse({})


async def unsubscribe(services: Services, request: Request) -> Response:
    """Forget the subscription of a browser of this signer."""
    endpoint = (await read_message(services, request)).get("endpoint")
    if not isinstance(endpoint, str):
        raise BadParameter("Invalid parameter endpoint")
    await services.database.write(subscriptions.remove_endpoint, endpoint, await signer_of(services, request))
    return JSONResponse({})


async def test(services: Services, request: Request) -> Response:
    """Have a push sent to this browser; raises SubjectUnknown where it has no subscription, TooFast where one was sent just now."""
    await read_message(services, request)
    await device_of(services, request)
    subscription = await services.database.read(subscriptions.of_session, session_sha256(services, request))
    if subscription is None:
        raise SubjectUnknown
    if not await services.ephemeral.may_poll(f"push-test:{subscription.user_id}", TEST_PACE_MS):
        raise TooFast
    await services.pushes.test(subscription.id)
    return JSONResponse({})


async def delivered(services: Services, request: Request) -> Response:
    """
    Take the service worker's word that a push came; may be repeated, and says where the push leads.

    There may be no session: whoever has the push's id, which only that browser could decrypt, was given it.
    """
    push_id = str((await read_message(services, request)).get("id"))
    return JSONResponse({"path": await _came(services, push_id, opened=False)})


async def open_push(services: Services, request: Request) -> Response:
    """Lead on from a notification that was tapped: to the request, which shows nothing without a sign-in."""
    return RedirectResponse(await _came(services, request.path_params["id"], opened=True), 303)


async def _came(services: Services, push_id: str, *, opened: bool) -> str:
    """Record what is known of a push, and say where it leads; the start page where it is a test, or unknown."""
    now = services.now()
    found = await services.database.write(notices.delivered, push_id, now, opened=opened) if ID.match(push_id) else None
    if found is None:
        await services.database.write(subscriptions.seen, push_id, now)  # a test push has the subscription's own id
        return "/"
    authorization_id, subscription_id = found
    await services.wakeups.announce(authorization_id)
    await services.database.write(subscriptions.seen, subscription_id, now)
    return f"/approve/{authorization_id}"
