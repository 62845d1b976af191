"""The form for PIN and one-time password, as the pages draw it: which token, and what an OCRA token is to be asked."""

from typing import Any

from app.authorization.tokens import challenge_of, ending_of, is_app
from app.phone.qr import qr_code
from hsm.messages import TokenInfo

GROUP = 4
LONGEST_TYPED = 8  # a longer challenge is for a token with a camera, so it is drawn as well


def token_views(tokens: tuple[TokenInfo, ...], transaction: bytes, *, known: bool) -> list[dict[str, Any]]:
    """Say what the form shows for each; before it is known who is there, tokens have their place in the list for a name."""
    return [_view(one, place, challenge_of(one, transaction), known=known) for place, one in enumerate(tokens)]


def _view(token: TokenInfo, place: int, challenge: str | None, *, known: bool) -> dict[str, Any]:
    return {
        "value": token.token_id if known else place,
        "kind": token.kind,
        "app": is_app(token),
        "ending": ending_of(token) if known else None,
        "challenge": [challenge[start : start + GROUP] for start in range(0, len(challenge), GROUP)] if challenge is not None else None,
        "qr": qr_code(challenge) if challenge is not None and len(challenge) > LONGEST_TYPED else None,
    }
