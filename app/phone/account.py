"""The account page: the signer's keys and how they stand, and the devices that may approve."""

from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from app.account.otp import otp_standing
from app.account.renew import renewal_of, under_way_of
from app.account.standing import follow
from app.domain.account import Addition
from app.domain.parties import Credential, Passkey, Signer
from app.errors import Unavailable
from app.phone.otp_view import standing_view
from app.phone.session import device_of
from app.phone.signed_in import as_json, freeze_view, signed_page, wants_json
from app.services import Services
from app.store import additions, agreements, credentials, parties, receipts, recoveries


async def show(services: Services, request: Request) -> Response:
    """Show what is the signer's own; keys as the SAM knows them, or as we do where it does not answer."""
    device = await device_of(services, request)
    for credential in await services.database.read(credentials.of_signer, device.user_id):
        try:
            await follow(services, credential.credential_id)
        except Unavailable:
            break
    otp = await _otp(services, device)
    under_way = await services.database.read(under_way_of, device.user_id)
    signer, keys, devices, waiting = await services.database.read(_own, device.user_id, services.now())
    signed_for = {one.credential_id for one in await services.database.read(receipts.of_signer, device.user_id) if one.state == "signed"}
    view = {
        "user_id": signer.user_id,
        "name": signer.name,
        "keys": [
            key_view(one, services.now())
            | {
                "receipt": "signed" if one.credential_id in signed_for else "open",
                "renewal": renewal_of(services.config, one, under_way, services.now()),
            }
            for one in keys
        ],
        "devices": [device_view(one, device) for one in devices],
        "waiting": [{"id": one.id, "name": one.name} for one in waiting],
        "otp": otp,
        "applications": [
            {"id": one.application_id, "name": one.name, "state": one.state, "since": one.since}
            for one in await services.database.read(agreements.of_signer, device.user_id)
        ],
        "recovery_codes": len(await services.database.read(recoveries.unused, device.enrollment_id)),
    }
    if wants_json(request):
        return as_json(view)
    return await signed_page(services, request, device.user_id, "account.html", view=view)


async def _otp(services: Services, device: Passkey) -> dict[str, Any] | None:
    """Say how PIN and one-time password stand; None where the key is used without them, or the SAM does not say."""
    try:
        standing = await otp_standing(services, device)
    except Unavailable:
        return None
    return standing_view(standing) if standing is not None else None


def key_view(credential: Credential, now: float) -> dict[str, Any]:
    """Say what a key is and how it stands: active, frozen, expired, not_yet or destroyed."""
    leaf = credential.certificate
    return freeze_view(credential) | {
        "state": state_of(credential, now),
        "holder": _common_name(leaf.subject),
        "issuer": _common_name(leaf.issuer),
        "serial": groups(f"{leaf.serial_number:x}"),
        "not_before": credential.not_before,
        "not_after": credential.not_after,
        "fingerprint": groups(credential.certificate_sha256),
        "enrollment_id": credential.enrollment_id,
    }


def state_of(credential: Credential, now: float) -> str:
    """Give the one word for how a key stands."""
    if credential.state != "enabled":
        return credential.state
    if not credential.is_valid(now):
        return "expired" if now > credential.not_after else "not_yet"
    return "frozen" if credential.is_frozen(now) else "active"


def device_view(passkey: Passkey, current: Passkey) -> dict[str, Any]:
    """Say what a device is called, when it was added and last used, and whether its passkey is copied to other devices."""
    return {
        "id": passkey.ref,
        "name": passkey.name,
        "added": passkey.created,
        "last_used": passkey.last_used,
        "synced": passkey.backup_eligible,
        "current": passkey.passkey_id == current.passkey_id,
        "enrollment_id": passkey.enrollment_id,
    }


def groups(hexadecimal: str) -> list[str]:
    """Cut a fingerprint into groups of four, as people compare it."""
    return [hexadecimal[start : start + 4] for start in range(0, len(hexadecimal), 4)]


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()


def _own(connection: Connection, user_id: str, now: float) -> tuple[Signer, list[Credential], list[Passkey], list[Addition]]:
    signer = parties.signer(connection, user_id)
    assert signer is not None
    waiting = additions.made_for(connection, user_id, now)
    return signer, credentials.of_signer(connection, user_id), parties.passkeys_of(connection, user_id), waiting
