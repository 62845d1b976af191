"""
Which application speaks to the token endpoints: by its secret (HTTP Basic or in the form, RFC 6749 §2.3.1), by an assertion
(`private_key_jwt`), or by its TLS certificate (RFC 8705 §2.2); each application in the one way that it was registered with.
"""

import base64
import binascii
import hashlib
import hmac
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import Request

from app.domain.parties import Application
from app.errors import BadContentType, BadParameter, ClientRefused, ClientUnproven
from app.oauth.assertion import TYPE, claimed_subject, require_assertion
from app.oauth.certificate import certificate_sha256
from app.reading import media_type, read_bytes
from app.services import Services
from app.store import parties

MAX_FORM_BYTES = 10_000


async def read_form(request: Request, most_bytes: int = MAX_FORM_BYTES) -> dict[str, str]:
    """Read a form, each field once; raises BadRequest."""
    if media_type(request) != "application/x-www-form-urlencoded":
        raise BadContentType("Content-Type must be application/x-www-form-urlencoded")
    raw = await read_bytes(request, most_bytes)
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
    Give the application that shows who it is.

    Raises:
        ClientRefused: neither id nor secret were sent, or they are wrong; with the standard's text.
        ClientUnproven: its assertion or certificate is missing, or does not verify.
        BadParameter: it shows itself in two ways.
    """
    ways = ["authorization" in request.headers, "client_secret" in form, "client_assertion" in form]
    if sum(ways) > 1:
        raise BadParameter("Two ways of client authorization")  # RFC 6749 §2.3
    by_header, by_secret, _ = ways
    client_id, secret = _basic(request) if by_header else (form.get("client_id"), form.get("client_secret"))
    if client_id is None and secret is None and "client_assertion" not in form:
        raise ClientRefused("Client authorization required")
    if not client_id and "client_assertion" in form:
        client_id = claimed_subject(form["client_assertion"])
    if not client_id:
        raise ClientRefused("Missing parameter client_id")
    application = await services.database.read(parties.application, client_id)
    if application is None:
        raise ClientRefused("Invalid parameter client_id")
    if application.auth == "secret":
        _require_secret(application, secret)
    elif application.auth == "private_key_jwt":
        if by_header or by_secret or form.get("client_assertion_type") != TYPE:
            raise ClientUnproven("A client assertion is needed")
        await require_assertion(services, application, form.get("client_assertion", ""))
    elif any(ways) or not _is_same(certificate_sha256(services, request), application.certificate_sha256):
        raise ClientUnproven("The registered client certificate is needed")
    if form.get("client_id", application.client_id) != application.client_id:
        raise ClientRefused("Invalid parameter client_id")
    return application


def _require_secret(application: Application, secret: str | None) -> None:
    if not _is_same(hashlib.sha256((secret or "").encode()).digest(), application.secret_sha256):
        raise ClientRefused("Invalid parameter client_secret")


def _is_same(one: bytes | None, other: bytes | None) -> bool:
    return bool(one) and bool(other) and hmac.compare_digest(one or b"", other or b"")


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
