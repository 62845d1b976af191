"""Setting up PIN and one-time password: a token for an authenticator app as a QR code, or the serial number of one that was delivered."""

import base64
import hashlib

import pyotp
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.account.otp import offer, required_standing
from app.errors import BadParameter
from app.phone.account import groups
from app.phone.otp_view import standing_view
from app.phone.qr import qr_code
from app.phone.second_way import onward
from app.phone.session import device_of, read_message
from app.phone.signed_in import signed_page
from app.services import Services
from hsm.messages import OfferTokenReply, token_id_of

DIGESTS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha512": hashlib.sha512}
MOST_SERIAL_CHARACTERS = 100


async def show(services: Services, request: Request) -> Response:
    """Show the choice between an app and a token; its script asks for the rest."""
    device = await device_of(services, request)
    view = standing_view(await required_standing(services, device)) | {"next": await onward(services, device)}
    return await signed_page(services, request, device.user_id, "otp.html", view=view)


async def offer_token(services: Services, request: Request) -> Response:
    """Give a new secret for an authenticator app, this once: as an address (`otpauth:`), as its QR code, and to be typed."""
    await read_message(services, request)
    device = await device_of(services, request)
    offered = await offer(services, device)
    address = app_address(offered, services.config.service_name, device.user_id)
    secret = base64.b32encode(offered.seed).decode().rstrip("=")
    return JSONResponse({"id": offered.token_id, "link": address, "qr": qr_code(address), "secret": groups(secret)})


async def name_token(services: Services, request: Request) -> Response:
    """Say which token has the serial number that was typed; whether there is one, nobody is told here."""
    message = await read_message(services, request)
    await required_standing(services, await device_of(services, request))
    serial = message.get("serial")
    if not isinstance(serial, str) or not 0 < len(serial.strip()) <= MOST_SERIAL_CHARACTERS:
        raise BadParameter("Invalid parameter serial")
    return JSONResponse({"id": token_id_of(serial.strip())})


def app_address(offered: OfferTokenReply, issuer: str, user_id: str) -> str:
    """Write a token as authenticator apps read it (Key Uri Format)."""
    seed = base64.b32encode(offered.seed).decode()
    made = pyotp.TOTP(seed, digits=offered.digits, digest=DIGESTS[offered.algorithm], interval=offered.period_s)
    return made.provisioning_uri(name=user_id, issuer_name=issuer)
