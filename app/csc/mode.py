"""`operationMode` of `signHash` and `signDoc` (CSC 2.0 §11.10, §11.11): at once, or later under a response id."""

from msgspec import Struct

from app.csc.body import Body
from app.errors import BadParameter

LONGEST_VALIDITY_MS = 86_400_000
DEFAULT_VALIDITY_MS = 3_600_000


class Later(Struct, frozen=True):
    """The answer is to be fetched with `signPolling`, for so long."""

    validity_ms: int


def read_mode(body: Body) -> Later | None:
    """Read the mode, None for at once; raises BadParameter, also where what belongs to the other mode is given. Nobody is called back."""
    mode = body.choice("operationMode", ("S", "A"), "S")
    validity_ms = body.whole("validity_period")
    if mode == "S" and validity_ms is not None:
        raise BadParameter("Invalid parameter validity_period")
    if validity_ms is not None and not 1 <= validity_ms <= LONGEST_VALIDITY_MS:
        raise BadParameter("Out of bounds parameter validity_period")
    if body.has("response_uri"):
        raise BadParameter("Invalid parameter response_uri")
    return Later(validity_ms or DEFAULT_VALIDITY_MS) if mode == "A" else None
