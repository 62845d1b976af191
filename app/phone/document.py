"""A document of an open authorization, to its signer: the bytes as the application sent them, which the phone compares and shows itself."""

from starlette.requests import Request
from starlette.responses import Response

from app.domain.authorization import State
from app.errors import AuthorizationUnknown
from app.phone.approve import opened
from app.services import Services
from app.store import documents

MAX_POSITION_DIGITS = 3


async def show(services: Services, request: Request) -> Response:
    """Give the file; as bytes that no browser shows by itself, because they are a stranger's."""
    authorization_id, position = request.path_params["id"], request.path_params["position"]
    if not (position.isascii() and position.isdigit() and len(position) <= MAX_POSITION_DIGITS):
        raise AuthorizationUnknown
    authorization = await opened(services, request)
    if authorization.state is not State.PENDING or authorization.is_over(services.now()):
        raise AuthorizationUnknown
    sealed = await services.database.read(documents.get, authorization_id, int(position))
    if sealed is None:
        raise AuthorizationUnknown
    file = services.document_key.open(authorization_id, int(position), sealed)
    return Response(file, media_type="application/octet-stream", headers={"Content-Disposition": "attachment"})
