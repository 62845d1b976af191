"""How PIN and one-time password stand, as the pages and the phone without a screen are told."""

from typing import Any

from app.account.otp import OtpStanding
from hsm.messages import TokenInfo


def standing_view(standing: OtpStanding) -> dict[str, Any]:
    """Say how PIN and one-time password stand."""
    return {
        "tokens": [token_view(one) for one in standing.tokens],
        "offered": standing.offered.token_id if standing.offered is not None else None,
        "has_pin": standing.has_pin,
        "locked": standing.locked,
    }


def token_view(token: TokenInfo) -> dict[str, Any]:
    """Say what a token is: an app, or a token with the end of its serial number; and whether codes can find it again."""
    is_app = token.serial == token.token_id
    return {
        "id": token.token_id,
        "is_app": is_app,
        "end": "" if is_app else token.serial[-4:],
        "kind": token.kind,
        "usable_until": token.usable_until,
    }
