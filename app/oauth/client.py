"""Which application speaks to the token endpoints: its id and secret, by HTTP Basic or in the form (RFC 6749 §2.3.1)."""

import base64
import binascii
import hashlib
import hmac
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import Request

from app.domain.parties import Application
from app.errors import BadContentType, BadParameter, ClientRefused
from app.reading import media_type, read_bytes
from app.services import Services
from app.store import parties

MAX_FORM_BYTES = 10_000


async def read_form(request: Request) -> dict[str, str]:
    """Read a form, each field once; raises BadRequest."""
    if media_type(request) != "application/x-www-form-urlencoded":
        raise BadContentType("Content-Type must be application/x-www-form-urlencoded")
    raw = await read_bytes(request, MAX_FORM_BYTES)
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, strict_parsing=bool(raw), max_num_fields=50)
    except ValueError:
        raise BadParameter("The form can't be read") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise BadParameter("A parameter is given twice")
    return form


async def authenticate(services: Services, request: Request, form: dict[str, str]) -> Application:
    """
    Give the application whose id and secret were sent.

    Raises:
        ClientRefused: none were sent, or they are wrong; with the standard's text.
        BadParameter: they were sent in two ways.
    """
    by_header = "authorization" in request.headers
    if by_header and "client_secret" in form:
        raise BadParameter("Two ways of client authorization")  # RFC 6749 §2.3
    client_id, secret = _basic(request) if by_header else (form.get("client_id"), form.get("client_secret"))
    if client_id is None and secret is None:
        raise ClientRefused("Client authorization required")
    if not client_id:
        raise ClientRefused("Missing parameter client_id")
    application = await services.database.read(parties.application, client_id)
    if application is None:
        raise ClientRefused("Invalid parameter client_id")
    if not hmac.compare_digest(application.secret_sha256, hashlib.sha256((secret or "").encode()).digest()):
        raise ClientRefused("Invalid parameter client_secret")
    return application


def _basic(request: Request) -> tuple[str, str]:
    headers = request.headers.getlist("authorization")
    scheme, _, value = headers[0].partition(" ")
    try:
        client_id, colon, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        colon = ""
    if len(headers) != 1 or scheme.lower() != "basic" or not colon:
        raise ClientRefused("Invalid authorization header")
    return unquote_plus(client_id), unquote_plus(secret)
