"""`signatures/timestamp` (CSC 2.0 §11.15, and the same in v1): a token of the configured time-stamping authority (RFC 3161)."""

import base64
import re

from starlette.requests import Request
from starlette.responses import Response

from app.answering import answer
from app.csc.algorithms import DIGEST_BYTES
from app.csc.answers import TimestampToken
from app.csc.body import Body, decode_base64, read_body
from app.csc.not_implemented import not_implemented
from app.errors import BadParameter
from app.oauth.bearer import service_caller_of
from app.services import Services

NONCE = re.compile(r"[0-9A-Fa-f]{1,64}\Z")


async def timestamp(services: Services, request: Request) -> Response:
    """Give a token for a digest; the nonce is inside."""
    if services.config.tsa_url is None:
        return not_implemented()
    await service_caller_of(services, request)
    body = await read_body(request)
    digest, hash_algorithm = _digest(body)
    nonce = body.optional_text("nonce")
    if nonce is not None and not NONCE.match(nonce):
        raise BadParameter("Invalid parameter nonce")
    body.optional_text("clientData")
    token = await services.timestamps.token(digest, hash_algorithm, int(nonce, 16) if nonce is not None else None)
    return answer(TimestampToken(base64.b64encode(token).decode()))


def _digest(body: Body) -> tuple[bytes, str]:
    if body.is_empty("hash"):
        raise BadParameter("Empty hash parameter")
    digest = decode_base64(body.text("hash"))
    if digest is None:
        raise BadParameter("Invalid Base64 hash string parameter")
    hash_algorithm = body.optional_text("hashAlgo")
    if hash_algorithm not in DIGEST_BYTES:
        raise BadParameter("Invalid parameter hashAlgo")
    if len(digest) != DIGEST_BYTES[hash_algorithm]:
        raise BadParameter("Invalid digest value length")
    return digest, hash_algorithm
