"""Changes that need a passkey, for the pages' scripts and for phones without a screen: what is to be signed, and the passkey's answer."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.account.amend import amend
from app.account.otp import OTP_KINDS, propose_otp
from app.account.propose import KINDS
from app.account.propose import propose as propose_change
from app.errors import BadParameter
from app.phone.qr import qr_code
from app.phone.session import device_of, read_message, signer_of
from app.phone.typed import codes_in, new_otp_in, new_pin_in
from app.services import Services
from app.webauthn import b64, request_options
from hsm.messages import challenge, ocra_challenge
from hsm.messages.ocra import SCANNED, TYPED


async def propose(services: Services, request: Request) -> Response:
    """Compose a change: `change` is its kind, `of` the id of the device, the addition, the key or the token."""
    message = await read_message(services, request)
    kind, subject = message.get("change"), message.get("of")
    if kind not in (*KINDS, *OTP_KINDS) or not isinstance(subject, str):
        raise BadParameter("Invalid parameter change")
    if kind in OTP_KINDS:
        proposal = await propose_otp(services, await device_of(services, request), str(kind), subject)
    else:
        proposal = await propose_change(services, await signer_of(services, request), str(kind), subject)
    change, amendment = proposal.change, proposal.amendment
    asked = challenge(type(amendment), change.transaction)
    return JSONResponse(
        {
            "id": change.id,
            "transaction": b64(change.transaction),
            "publicKey": request_options(services.config.rp_id, asked, proposal.allowed),
            "expires_in": max(0, change.expires - int(services.now())),
        }
        | (_ocra(change.transaction) if kind == "set_otp" else {})
    )


async def approve(services: Services, request: Request) -> Response:
    """Take the signer's passkey answer."""
    message = await read_message(services, request)
    assertion = message.get("credential")
    if not isinstance(assertion, dict):
        raise BadParameter("Invalid parameter credential")
    user_id, change_id = await signer_of(services, request), request.path_params["id"]
    typed: dict[str, Any] = {"otp": new_otp_in(message), "codes": codes_in(message), "pin": new_pin_in(message)}
    await amend(services, user_id, change_id, assertion, **typed)
    return JSONResponse({"state": "done"})


def _ocra(transaction: bytes) -> dict[str, Any]:
    """What a token that answers challenges (OCRA) is to be asked: which of the two, the token knows, and we don't before it is set."""
    scanned = ocra_challenge(SCANNED, transaction)
    return {"ocra": {"typed": ocra_challenge(TYPED, transaction), "scanned": scanned, "qr": qr_code(scanned)}}
