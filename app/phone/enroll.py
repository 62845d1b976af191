"""The enrolment page: a letter's code or a one-time link, then a passkey, a key in the HSM, a certificate."""

import base64
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.authorization import apply
from app.authorization import enroll as story
from app.authorization.enroll import Awaited, Enrolled, Registration
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
    return JSONResponse(
        {"user_id": signer.user_id, "name": signer.name, "publicKey": welcomed.options, "made": welcomed.made}
        | {"application": welcomed.application}
    )


async def key(services: Services, request: Request) -> Response:
    """Take the new passkey, or go on without one where it was taken before, up to the key."""
    message = await read_message(services, request)
    await story.make_key(services, _link(message), _registration(request, message))
    return JSONResponse({"made": "key"})


async def enroll(services: Services, request: Request) -> Response:
    """
    Go on to the certificate; whoever showed the new passkey is signed in afterwards, and nobody else is.

    202 where the CA has not decided on a key for which the person applies with a certificate.
    """
    message = await read_message(services, request)
    return await _answer(services, request, await story.enroll(services, _link(message), _registration(request, message)))


async def application(services: Services, request: Request) -> Response:
    """Give what the person signs with a certificate, as a file."""
    return JSONResponse({"content": await apply.compose(services, _link(await read_message(services, request)))})


async def signed_application(services: Services, request: Request) -> Response:
    """Hand the signed application in at the CA, and go on as `enroll` does."""
    message = await read_message(services, request)
    signed = _signed(message)
    return await _answer(services, request, await apply.send(services, _link(message), _registration(request, message), signed))


async def _answer(services: Services, request: Request, enrolled: Enrolled | Awaited) -> Response:
    if isinstance(enrolled, Awaited):
        return JSONResponse({"made": "key", "application": enrolled.application}, 202)
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


def _signed(message: dict[str, Any]) -> bytes:
    try:
        return base64.b64decode(message.get("signed") or "", validate=True)
    except (TypeError, ValueError):
        raise BadParameter("Invalid parameter signed") from None


def _registration(request: Request, message: dict[str, Any]) -> Registration | None:
    answer = message.get("credential")
    if answer is not None and not isinstance(answer, dict):
        raise BadParameter("Invalid parameter credential")
    return Registration(answer, device_name(request)) if answer is not None else None
