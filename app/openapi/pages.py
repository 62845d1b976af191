"""`/developers`: the document for people, a list of all calls and a page for each; no script, and nothing from elsewhere."""

from functools import cache

from starlette.requests import Request
from starlette.responses import Response

from app.errors import SubjectUnknown
from app.openapi.document import document
from app.openapi.reference import Call, calls
from app.phone.page import page
from app.services import Services


async def show(services: Services, request: Request) -> Response:
    """List every call, under its group."""
    groups: dict[str, list[Call]] = {}
    for one in _calls(services.config.origin).values():
        groups.setdefault(one.group, []).append(one)
    return page(request, "developers.html", groups=groups)


async def show_call(services: Services, request: Request) -> Response:
    """Show one call; raises SubjectUnknown."""
    found = _calls(services.config.origin).get(request.path_params["id"])
    if found is None:
        raise SubjectUnknown
    return page(request, "call.html", call=found)


@cache
def _calls(origin: str) -> dict[str, Call]:
    return calls(document(origin))
