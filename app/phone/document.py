"""A document of an open authorization, to its signer: the bytes as the application sent them, which the phone compares and shows itself."""

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from app.domain.authorization import State
from app.errors import AuthorizationUnknown
from app.phone.visitor import Visitor, visitor_of
from app.services import Services
from app.store import authorizations, credentials, documents

MAX_POSITION_DIGITS = 3


async def show(services: Services, request: Request) -> Response:
    """Give the file; as bytes that no browser shows by itself, because they are a stranger's."""
    authorization_id, position = request.path_params["id"], request.path_params["position"]
    if not (position.isascii() and position.isdigit() and len(position) <= MAX_POSITION_DIGITS):
        raise AuthorizationUnknown
    visitor = await visitor_of(services, request)
    sealed = await services.database.read(_read, authorization_id, int(position), visitor, services.now())
    file = services.document_key.open(authorization_id, int(position), sealed)
    return Response(file, media_type="application/octet-stream", headers={"Content-Disposition": "attachment"})


def _read(connection: Connection, authorization_id: str, position: int, visitor: Visitor, now: float) -> bytes:
    authorization = authorizations.of_signer(connection, authorization_id, visitor.user_id)
    if authorization is None or authorization.state is not State.PENDING or authorization.is_over(now):
        raise AuthorizationUnknown
    credential = credentials.get(connection, authorization.credential_id)
    sealed = documents.get(connection, authorization_id, position)
    if credential is None or sealed is None or not visitor.may_see(credential.enrollment_id):
        raise AuthorizationUnknown
    return sealed
