"""An application's mark, as the operator registered it."""

from starlette.requests import Request
from starlette.responses import Response

from app.errors import SubjectUnknown
from app.services import Services
from app.store import marks


async def show(services: Services, request: Request) -> Response:
    """Give the picture; what is not there is not found."""
    png = await services.database.read(marks.of, request.path_params["id"])
    if png is None:
        raise SubjectUnknown
    return Response(png, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})
