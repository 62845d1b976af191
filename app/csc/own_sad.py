"""The SAD of a call: the parameter, or the caller's own access token of scope `credential` (CSC 2.0 §8.3.3), where that is a SAD."""

from app.csc.body import Body
from app.oauth.bearer import Caller
from app.oauth.credential_token import sad_given


def with_own_sad(caller: Caller, body: Body) -> Body:
    """Give the body with the SAD that came as bearer token; raises BadParameter where it says something else."""
    own = sad_given(caller)
    return body if own is None else body.with_text("SAD", own)
