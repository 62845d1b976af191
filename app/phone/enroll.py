"""The enrolment page: a one-time link, a passkey, a key in the HSM, a certificate."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.authorization.enroll import enroll as make_credential
from app.authorization.enroll import welcome
from app.errors import BadParameter
from app.phone.device_name import device_name
from app.phone.page import page
from app.phone.session import begin_session, read_message
from app.services import Services
from app.store.redis import Session


async def show(_: Services, request: Request) -> Response:
    """Show the page; the link's secret stays behind the # and comes with the script's first call."""
    return page(request, "enroll.html")


async def options(services: Services, request: Request) -> Response:
    """Say who may enrol with this link, and give the browser's creation options."""
    welcomed = await welcome(services, _link(await read_message(services, request)))
    signer = welcomed.signer
    answer = {"user_id": signer.user_id, "name": signer.name, "publicKey": welcomed.options, "resume": welcomed.options is None}
    return JSONResponse(answer)


async def enroll(services: Services, request: Request) -> Response:
    """Take the new passkey, or go on without one where it was taken before; the signer is signed in afterwards."""
    message = await read_message(services, request)
    registration = message.get("credential")
    if registration is not None and not isinstance(registration, dict):
        raise BadParameter("Invalid parameter credential")
    name = device_name(request)
    signer, credential, passkey_id = await make_credential(services, _link(message), registration, name)
    answer = {"user_id": signer.user_id, "name": signer.name, "credential_id": credential.credential_id, "not_after": credential.not_after}
    response = JSONResponse(answer)
    await begin_session(services, request, Session(signer.user_id, passkey_id), response)
    return response


def _link(message: dict[str, Any]) -> str:
    link = message.get("link")
    if not isinstance(link, str) or not 0 < len(link) <= 1_000:
        raise BadParameter("Invalid parameter link")
    return link
