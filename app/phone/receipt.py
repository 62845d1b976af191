"""The receipt page: what it is, the document as it would be signed, the way to the approval, and the signed document afterwards."""

from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.account.own_credential import own_credential
from app.domain.parties import Credential
from app.domain.receipt import Receipt
from app.errors import BadParameter
from app.phone.account import groups, state_of
from app.phone.session import read_message, signer_of
from app.phone.signed_in import as_json, signed_page, wants_json
from app.receipt.ask import ask as ask_for
from app.receipt.draft import current
from app.receipt.finish import finish_where_possible
from app.services import Services
from app.store import credentials, receipts


async def show(services: Services, request: Request) -> Response:
    """Show each key's receipt and how it stands."""
    user_id = await signer_of(services, request)
    for receipt in await services.database.read(receipts.of_signer, user_id):
        await finish_where_possible(services, receipt)
    own = await services.database.read(_own, user_id)
    view = {"receipts": [receipt_view(credential, receipt, services.now()) for credential, receipt in own]}
    if wants_json(request):
        return as_json(view)
    return await signed_page(services, request, user_id, "receipt.html", view=view)


async def ask(services: Services, request: Request) -> Response:
    """Ask for the receipt of a key; gives where it is approved, the same place where it was asked for already."""
    message = await read_message(services, request)
    credential_id = message.get("credential_id")
    if not isinstance(credential_id, str):
        raise BadParameter("Invalid parameter credential_id")
    authorization_id = await ask_for(services, await signer_of(services, request), credential_id)
    return JSONResponse({"id": authorization_id, "approval": f"/approve/{authorization_id}"})


async def document(services: Services, request: Request) -> Response:
    """Give the receipt as PDF: the signed one, or the one that would be signed."""
    user_id = await signer_of(services, request)
    credential = await own_credential(services, user_id, request.path_params["id"])
    receipt = await finish_where_possible(services, await current(services, credential))
    pdf = await services.database.read(receipts.pdf, credential.credential_id)
    is_signed = receipt.state == "signed"
    name = f"receipt-{credential.certificate.serial_number:x}{'' if is_signed else '-unsigned'}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(pdf if is_signed else pdf[: receipt.original_bytes], media_type="application/pdf", headers=headers)


def receipt_view(credential: Credential, receipt: Receipt | None, now: float) -> dict[str, Any]:
    """Say how a key's receipt stands: open, asked or signed; and how its key stands."""
    state = "open" if receipt is None or receipt.state == "draft" else receipt.state
    asked = receipt is not None and receipt.state == "asked"
    return {
        "credential_id": credential.credential_id,
        "state": state,
        "approval": f"/approve/{receipt.authorization_id}" if receipt is not None and asked else None,
        "document": document_address(credential.credential_id),
        "signed_at": receipt.signed_at if receipt is not None else None,
        "serial": groups(f"{credential.certificate.serial_number:x}"),
        "not_after": credential.not_after,
        "key_state": state_of(credential, now),
    }


def document_address(credential_id: str) -> str:
    return f"/receipt/{credential_id}/document"


def _own(connection: Connection, user_id: str) -> list[tuple[Credential, Receipt | None]]:
    return [(one, receipts.of_key(connection, one.credential_id)) for one in credentials.of_signer(connection, user_id)]
