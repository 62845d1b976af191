"""
CIBA's `backchannel_authentication_endpoint` (OpenID Client-Initiated Backchannel Authentication Core 1.0 §7): the other face of
`credentials/authorize`.

The application names the signer (`login_hint`, the user id) and what is to be approved (scope `credential`, or `authorization_details`);
the request goes to the phone as every other. `binding_message` becomes what the signer reads beside the application's name, and is bound
by the passkey with the rest.

An application with a callback address is told there when it was decided (ping, §10.2), with the bearer token that it has sent for that.
"""

import re
import unicodedata

import msgspec
from msgspec import UNSET
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from app.answering import answer
from app.authorization.request import Ask
from app.authorization.request import request as ask_signer
from app.csc.authorize import LIFE_BOUNDS_S
from app.csc.body import MAX_BODY_BYTES
from app.domain.authorization import Authorization
from app.domain.grant import Grant, GrantRequest, Step
from app.domain.identifiers import new_id
from app.errors import BadParameter, CredentialUnknown, GrantRefused
from app.grant.details import read_credential_ask, read_scope
from app.oauth.answers import Begun
from app.oauth.by_authentication import INTERVAL_S
from app.oauth.client import authenticate, read_form
from app.services import Services
from app.store import callbacks, grants
from hsm.messages import is_plain_text

MAX_BINDING_MESSAGE_CHARACTERS = 100
HINTS = ("login_hint", "login_hint_token", "id_token_hint")
NOTIFICATION_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{22,1024}=*\Z")  # CIBA §7.1: 128 bits at least, in the syntax of RFC 6750
KEPT_S = 600  # how long after its end an application is told what became of a request


async def authenticate_signer(services: Services, request: Request) -> Response:
    """Ask the signer; the answer is the `auth_req_id` to poll with."""
    form = await read_form(request, MAX_BODY_BYTES)
    application = await authenticate(services, request, form)
    if "request" in form:
        raise BadParameter("Invalid parameter request")
    user_id = _hinted(form)
    scope, openid = read_scope(form)
    if scope != "credential":
        raise GrantRefused("invalid_scope", "Scope credential is needed, or authorization_details")
    message = _binding_message(form.get("binding_message"))
    token = form.get("client_notification_token")
    if token is not None and (application.callback_url is None or not NOTIFICATION_TOKEN.match(token)):
        raise BadParameter("Invalid parameter client_notification_token")
    ask, details = read_credential_ask(services, form)
    ask = msgspec.structs.replace(_with_message(ask, message), user_id=user_id, life_s=_life_s(form, ask))
    grant = Grant(
        id=new_id(),
        client_id=application.client_id,
        kind="ciba",
        scope=scope,
        state=Step.ASKED,
        created=int(services.now()),
        expires=int(services.now()) + ask.life_s + KEPT_S,
        request=GrantRequest(details=details, openid=openid),
        user_id=user_id,
    )

    def instead(connection: Connection, authorization: Authorization) -> None:
        grants.add(connection, msgspec.structs.replace(grant, authorization_id=authorization.id))
        if application.callback_url is not None:
            callbacks.add(connection, authorization, {"auth_req_id": grant.id}, token)

    try:
        authorization, opening = await ask_signer(services, application.client_id, ask, instead)
    except CredentialUnknown:  # of nobody, of somebody else than was named, or of one who did not agree: one answer
        raise GrantRefused("unknown_user_id", "No such signer, or not with this credential") from None
    begun = Begun(
        auth_req_id=grant.id,
        expires_in=authorization.expires - authorization.created,
        interval=INTERVAL_S,
        verification_code=UNSET if authorization.code is None else authorization.code,
        code_url=f"{services.config.origin}/s" if opening.code_needed else UNSET,
        code_token=opening.token if opening.code_needed else UNSET,
        code_key=opening.key if opening.code_needed else UNSET,
    )
    return answer(begun)


def _hinted(form: dict[str, str]) -> str:
    given = [name for name in HINTS if name in form]
    if given != ["login_hint"]:
        raise BadParameter("Exactly one hint is needed, and only login_hint is known here")
    if not 0 < len(form["login_hint"]) <= 64:
        raise GrantRefused("unknown_user_id", "No such signer, or not with this credential")
    return form["login_hint"]


def _binding_message(text: str | None) -> str:
    """Give the message in NFC; raises GrantRefused where it could not be shown as it is (`invalid_binding_message`)."""
    message = unicodedata.normalize("NFC", text or "") if len(text or "") <= 4 * MAX_BINDING_MESSAGE_CHARACTERS else "\0"
    if len(message) > MAX_BINDING_MESSAGE_CHARACTERS or not is_plain_text(message):
        raise GrantRefused("invalid_binding_message", "At most 100 characters, none of them control, bidi or zero-width")
    return message


def _with_message(ask: Ask, message: str) -> Ask:
    if message and ask.description:
        raise BadParameter("binding_message and description exclude each other")
    return msgspec.structs.replace(ask, description=message) if message else ask


def _life_s(form: dict[str, str], ask: Ask) -> int:
    asked = form.get("requested_expiry")
    if asked is None:
        return ask.life_s
    low, high = LIFE_BOUNDS_S
    if not (asked.isascii() and asked.isdigit() and low <= int(asked[:9]) <= high):
        raise BadParameter("Invalid parameter requested_expiry")
    return int(asked)
