"""The keys that this server signs ID tokens with: showing and changing them (`oauth_keys`)."""

from typing import Any

from app.clock import system_clock
from app.errors import CannotStart
from app.oauth_keys import CACHED_S, read_keys
from app.oauth_keys import rotate as rotate_keys
from app.operator.desk import Desk
from app.operator.record import recorded
from app.operator.refusal import Refusal


def rotate(desk: Desk) -> dict[str, Any]:
    """Add a key; it is published at once, and used once everybody can have it. Raises Refusal."""
    with recorded(desk, "jwks rotate", ""):
        try:
            kid = rotate_keys(desk.config.oauth_keys_file, system_clock())
            kept = [str(one["kid"]) for one in read_keys(desk.config.oauth_keys_file)]
        except CannotStart as problem:
            raise Refusal(str(problem)) from None
    return {"kid": kid, "published": kept, "used_after_s": CACHED_S}
