"""What a signer must be told on the start and the account page of every device: certificates that end, and a replacement that began."""

from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request

from app.account.remind import reminders_for
from app.phone.session import device_of
from app.services import Services
from app.store import links


async def notices_of(services: Services, request: Request, user_id: str) -> list[dict[str, Any]]:
    """Give them for the device that asks: a reminder that it has dismissed is not among them."""
    device = await device_of(services, request)
    return await services.database.read(_notices, user_id, device.passkey_id, services.now())


def _notices(connection: Connection, user_id: str, passkey_id: bytes, now: float) -> list[dict[str, Any]]:
    begun = [{"kind": "replacement"}] if links.replacements_of(connection, user_id, now) else []
    ending = [
        {"kind": "ending", "credential_id": one.credential.credential_id, "not_after": one.credential.not_after, "urgent": one.urgent}
        for one in reminders_for(connection, user_id, passkey_id, now)
    ]
    return begun + ending
