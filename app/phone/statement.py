"""The signer's history as a signed statement: a PDF to read, with what the signing module signed attached; or that alone, as JSON."""

import asyncio

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.account.own_credential import own_credential
from app.errors import PasskeyNeeded
from app.phone.session import fresh_signer_of
from app.phone.signed_in import wants_json
from app.services import Services
from app.statement.file import parts_of
from app.statement.gather import gather, print_for_people
from app.store import openings, parties

MOST_DIGITS = 15


async def show(services: Services, request: Request) -> Response:
    """Give it for the enrolment to which a key belongs; `first` is where an earlier file ended."""
    user_id, is_fresh = await fresh_signer_of(services, request)
    if not is_fresh and await services.database.read(openings.has_confidential, user_id):
        if wants_json(request):
            raise PasskeyNeeded
        return RedirectResponse("/sign-in?next=/history", 303)
    credential = await own_credential(services, user_id, request.path_params["id"])
    given = request.query_params.get("first", "0")
    first = int(given) if given.isascii() and given.isdigit() and len(given) <= MOST_DIGITS else 0
    file, following = await gather(services, credential, first)
    if wants_json(request):
        return Response(file, media_type="application/json", headers={"Vary": "Accept"})
    signer = await services.database.read(parties.signer, user_id)
    assert signer is not None
    here = f"{services.config.origin}{request.url.path}"
    more = f"{here}?first={following}" if following is not None else ""
    pdf = await asyncio.to_thread(print_for_people, file, parts_of(file), signer, services.config.service_name, more)
    headers = {"Content-Disposition": f'attachment; filename="statement-{credential.enrollment_id[:8]}.pdf"', "Vary": "Accept"}
    return Response(pdf, media_type="application/pdf", headers=headers)
