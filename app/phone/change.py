"""Changes that need a passkey, for the pages' scripts and for phones without a screen: what is to be signed, and the passkey's answer."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.account.amend import amend
from app.account.propose import KINDS
from app.account.propose import propose as propose_change
from app.errors import BadParameter
from app.phone.session import read_message, signer_of
from app.services import Services
from app.webauthn import b64, request_options
from hsm.messages import challenge


async def propose(services: Services, request: Request) -> Response:
    """Compose a change: `change` is its kind, `of` the id of the device, the addition or the key."""
    message = await read_message(services, request)
    kind, subject = message.get("change"), message.get("of")
    if kind not in KINDS or not isinstance(subject, str):
        raise BadParameter("Invalid parameter change")
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
    )


async def approve(services: Services, request: Request) -> Response:
    """Take the signer's passkey answer."""
    message = await read_message(services, request)
    assertion = message.get("credential")
    if not isinstance(assertion, dict):
        raise BadParameter("Invalid parameter credential")
    await amend(services, await signer_of(services, request), request.path_params["id"], assertion)
    return JSONResponse({"state": "done"})
