"""
The page to which an application's authorization request leads (RFC 6749 §4.1.1): the signer, signed in, agrees to the application (scope
`service`), or is led on to the approval page (scope `credential`), once there is an agreement. Afterwards the same address leads back to
the application.
"""

import msgspec
from msgspec import Struct
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from app.authorization.request import Ask, request_for
from app.domain.authorization import Authorization
from app.domain.grant import Grant, Step
from app.domain.parties import Application, Passkey, Signer
from app.errors import (
    BadParameter,
    ChangeOver,
    CredentialDisabled,
    CredentialUnknown,
    QuotaUsedUp,
    SessionRequired,
    SubjectUnknown,
    TooManyOpen,
)
from app.oauth.back import TAKEN_LIFE_S, address, way_back
from app.phone.session import device_of, read_message, session_sha256
from app.phone.signed_in import as_json, signed_page, wants_json
from app.services import Services
from app.store import agreements, grants, marks, parties, quotas

LEFT_S = 60  # to come back within, once the approval has ended
REFUSALS: dict[type[Exception], tuple[str, str]] = {
    CredentialUnknown: ("access_denied", "Invalid parameter credentialID"),
    CredentialDisabled: ("access_denied", "Invalid parameter credentialID"),
    TooManyOpen: ("access_denied", "The signer has other requests to decide first"),
    QuotaUsedUp: ("temporarily_unavailable", "The application has asked as often as it may for now"),
}


class Matter(Struct, frozen=True):
    """What is asked, and who is here."""

    grant: Grant
    application: Application
    signer: Signer
    has_mark: bool
    has_agreed: bool
    device: str

    @property
    def asks_to_agree(self) -> bool:
        """Whether an answer is wanted here; scope `service` is asked for each time, since it gives tokens."""
        return self.grant.authorization_id is None and (self.grant.scope == "service" or not self.has_agreed)


async def show(services: Services, request: Request) -> Response:
    """Show what the application wants to see, lead on to the approval, or lead back; as JSON to a phone without a screen."""
    matter = await _matter(services, request)
    back = await way_back(services, matter.grant, session_sha256(services, request))
    if back is not None:
        return RedirectResponse(back, 303)  # never 307: nothing that was posted here goes along (FAPI 2.0 §5.3.2.2)
    if matter.grant.state is not Step.ASKED:
        raise SubjectUnknown
    if not matter.asks_to_agree:
        return RedirectResponse(await _approval(services, matter), 303)
    view = {
        "application_name": matter.application.name,
        "application_initial": matter.application.name[:1],
        "mark": f"/applications/{matter.application.client_id}/mark" if matter.has_mark else None,
        "scope": matter.grant.scope,
        "signer_name": matter.signer.name,
        "host": matter.grant.request.redirect_uri.split("/")[2],
        "expires_in": max(0, matter.grant.expires - int(services.now())),
    }
    if wants_json(request):
        return as_json(view)
    return await signed_page(services, request, matter.signer.user_id, "access.html", view=view)


async def answer(services: Services, request: Request) -> Response:
    """Take the signer's yes or no to the application; the page is asked again where to go on."""
    agree = (await read_message(services, request)).get("agree")
    if not isinstance(agree, bool):
        raise BadParameter("Invalid parameter agree")
    matter = await _matter(services, request)
    if not matter.asks_to_agree:
        raise SubjectUnknown
    if services.now() >= matter.grant.expires or not await services.database.write(_decide, matter, agree, services.now()):
        raise ChangeOver
    return JSONResponse({"path": request.url.path})


def _decide(connection: Connection, matter: Matter, agree: bool, now: float) -> bool:
    """Record the answer, and with a yes that the signer agreed to the application; False where it was answered before."""
    grant = matter.grant
    if not agree:
        return grants.decide(connection, grant.id, Step.REFUSED)
    if not grants.decide(connection, grant.id, Step.AGREED if grant.scope == "service" else Step.ASKED):
        return False
    agreements.record(connection, matter.signer.user_id, grant.client_id, "agreed", "signer", now, matter.device)
    return True


async def _approval(services: Services, matter: Matter) -> str:
    """Have the approval asked for, once, and give its address; where it can't be asked, give the way back to the application."""
    grant = matter.grant
    if grant.authorization_id is not None:
        return f"/approve/{grant.authorization_id}"
    assert grant.request.ask is not None
    ask = msgspec.structs.replace(msgspec.json.decode(grant.request.ask, type=Ask), user_id=matter.signer.user_id)

    def also(connection: Connection, authorization: Authorization) -> None:
        if not grants.ask(connection, grant.id, authorization.id, authorization.expires + LEFT_S):
            raise ChangeOver  # another tab was first, and nothing is recorded twice
        if not agreements.has_agreed(connection, authorization.user_id, grant.client_id):  # ended since we looked
            raise ChangeOver
        if wait_s := quotas.wait_s(connection, grant.client_id, application.policy, services.now(), but=authorization.id):
            raise QuotaUsedUp(wait_s)

    # No code from the application's screen: the browser has just come from there.
    application = msgspec.structs.replace(matter.application, asks_code=False)
    try:
        asked = await request_for(services, application, ask, also, is_here=True)
    except ChangeOver:
        return f"/access/{grant.id}"
    except (CredentialUnknown, CredentialDisabled, TooManyOpen, QuotaUsedUp) as refusal:
        await services.database.write(grants.decide, grant.id, Step.REFUSED)
        error, said = REFUSALS[type(refusal)]
        return address(services, grant, error=error, error_description=said)
    return f"/approve/{asked.id}"


async def _matter(services: Services, request: Request) -> Matter:
    """
    Give what is asked at this address, tied to this browser from the first look on.

    Raises:
        SessionRequired: nobody is signed in, or somebody else than the application has named.
        SubjectUnknown: there is no such request, or another browser's: one answer.
    """
    device, session = await device_of(services, request), session_sha256(services, request)
    grant_id, now = request.path_params["id"], services.now()
    grant = await services.database.read(grants.get, grant_id)
    if grant is None or grant.kind != "code" or now >= grant.expires:
        raise SubjectUnknown
    if grant.request.account not in (None, device.user_id):
        raise SessionRequired
    if grant.state is Step.PUSHED:
        await services.database.write(grants.take, grant_id, device.user_id, session, now, int(now) + TAKEN_LIFE_S)
    matter = await services.database.read(_read, grant_id, device)
    if matter.grant.session_sha256 != session:
        raise SubjectUnknown
    return matter


def _read(connection: Connection, grant_id: str, device: Passkey) -> Matter:
    grant = grants.get(connection, grant_id)
    application = parties.application(connection, grant.client_id) if grant is not None else None
    signer = parties.signer(connection, device.user_id)
    if grant is None or application is None or signer is None:
        raise SubjectUnknown
    has_agreed = agreements.has_agreed(connection, device.user_id, application.client_id)
    return Matter(grant, application, signer, marks.has_one(connection, application.client_id), has_agreed, device.name)
