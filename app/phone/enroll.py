"""The enrolment page: a letter's code or a one-time link, then a passkey, a key in the HSM, a certificate."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.authorization import enroll as story
from app.authorization.enroll import Registration
from app.errors import BadParameter
from app.phone.device_name import device_name
from app.phone.page import page
from app.phone.session import begin_session, read_message
from app.services import Services
from app.store.redis import Session


async def show(_: Services, request: Request) -> Response:
    """Show the page; a code or a secret stays behind the # and comes with the script's first call."""
    return page(request, "enroll.html")


async def options(services: Services, request: Request) -> Response:
    """Say who may enrol, what is made already, and give the browser's creation options where no passkey is."""
    welcomed = await story.welcome(services, _link(await read_message(services, request)))
    signer = welcomed.signer
    return JSONResponse({"user_id": signer.user_id, "name": signer.name, "publicKey": welcomed.options, "made": welcomed.made})


async def key(services: Services, request: Request) -> Response:
    """Take the new passkey, or go on without one where it was taken before, up to the key."""
    message = await read_message(services, request)
    await story.make_key(services, _link(message), _registration(request, message))
    return JSONResponse({"made": "key"})


async def enroll(services: Services, request: Request) -> Response:
    """Go on to the certificate; whoever showed the new passkey is signed in afterwards, and nobody else is."""
    message = await read_message(services, request)
    enrolled = await story.enroll(services, _link(message), _registration(request, message))
    signer, credential = enrolled.signer, enrolled.credential
    answer = {"user_id": signer.user_id, "name": signer.name, "credential_id": credential.credential_id, "not_after": credential.not_after}
    response = JSONResponse(answer | {"here": enrolled.here})
    if enrolled.here:
        await begin_session(services, request, Session(signer.user_id, enrolled.passkey_id), response)
    return response


def _link(message: dict[str, Any]) -> str:
    link = message.get("link")
    if not isinstance(link, str) or not 0 < len(link) <= 1_000:
        raise BadParameter("Invalid parameter link")
    return link


def _registration(request: Request, message: dict[str, Any]) -> Registration | None:
    answer = message.get("credential")
    if answer is not None and not isinstance(answer, dict):
        raise BadParameter("Invalid parameter credential")
    return Registration(answer, device_name(request)) if answer is not None else None
