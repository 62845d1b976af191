"""Notifications: turning them on in this browser, trying them, and which devices get them."""

from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from app.domain.subscription import Subscription
from app.phone.session import device_of, session_sha256
from app.phone.signed_in import as_json, signed_page, wants_json
from app.services import Services
from app.store import parties, subscriptions


async def show(services: Services, request: Request) -> Response:
    """Show the page; its script knows how this browser stands."""
    device = await device_of(services, request)
    view = {"devices": await services.database.read(_devices, device.user_id, session_sha256(services, request))}
    if wants_json(request):
        return as_json(view)
    return await signed_page(services, request, device.user_id, "notifications.html", view=view)


def device_view(subscription: Subscription, name: str, current: bytes) -> dict[str, Any]:
    """Say which device gets pushes, and when it and its push service were last heard of."""
    return {
        "name": name,
        "browser": subscription.agent,
        "last_seen": subscription.last_seen,
        "last_success": subscription.last_success,
        "current": subscription.session_sha256 == current,
        "refused": subscription.refused != 0,
    }


def _devices(connection: Connection, user_id: str, current: bytes) -> list[dict[str, Any]]:
    names = {one.passkey_id: one.name for one in parties.passkeys_of(connection, user_id)}
    return [device_view(one, names[one.passkey_id], current) for one in subscriptions.of_signer(connection, user_id)]
