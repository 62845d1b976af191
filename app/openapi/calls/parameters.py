"""Headers and parts of addresses that calls take."""

from typing import Annotated

from msgspec import Meta

from app.csc.sign_hash_body import LONGEST_IDEMPOTENCY_KEY
from app.domain.wire import Handle
from app.openapi.operation import Parameter

IDEMPOTENCY_KEY = Parameter(
    name="Idempotency-Key",
    where="header",
    kind=Annotated[str, Meta(min_length=1, max_length=LONGEST_IDEMPOTENCY_KEY)],
    description="The same request under the same key gets the same answer",
    example="7f9c0d5e",
)
PREFER = Parameter(
    name="Prefer", where="header", description="`wait=25` holds the answer for up to 25 s, at most 60 (RFC 7240)", example="wait=25"
)
HANDLE = Parameter(name="id", where="path", kind=Handle, description="The handle", required=True, example="pT0mXq2LhVbN4sRkYw7cZd")
