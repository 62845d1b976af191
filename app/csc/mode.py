"""`operationMode` of `signHash` and `signDoc` (CSC 2.0 §11.10, §11.11): at once, or later under a response id."""

from msgspec import Struct

from app.csc.body import Body
from app.errors import BadParameter

LONGEST_VALIDITY_MS = 86_400_000
DEFAULT_VALIDITY_MS = 3_600_000


class Later(Struct, frozen=True):
    """The answer is to be fetched with `signPolling`, for so long; `response_uri` is told when it is there."""

    validity_ms: int
    response_uri: str | None = None

    def require_registered(self, callback_url: str | None) -> None:
        """Refuse an address that an operator did not register for this application, compared as a whole; raises BadParameter."""
        if self.response_uri not in (None, callback_url):
            raise BadParameter("Invalid parameter response_uri")


def read_mode(body: Body) -> Later | None:
    """Read the mode; at once is None, and then the values of what belongs to the other mode are ignored; raises BadParameter."""
    mode = body.choice("operationMode", ("S", "A"), "S")
    validity_ms, response_uri = body.whole("validity_period"), body.optional_text("response_uri")
    if mode == "S":
        return None
    if validity_ms is not None and not 1 <= validity_ms <= LONGEST_VALIDITY_MS:
        raise BadParameter("Out of bounds parameter validity_period")
    return Later(validity_ms or DEFAULT_VALIDITY_MS, response_uri)
