"""How a call may be refused: each error of the code in the words of `problems`, so that the two can't differ."""

from collections.abc import Iterable

from msgspec import Struct

from app import errors as e
from app.domain.authorization import State
from app.problems import csc_words
from hsm.messages import ErrorCode


class Refusal(Struct, frozen=True):
    """Status, `error`, and what it means; `fields` are there beside."""

    status: int
    error: str
    meaning: str
    fields: tuple[str, ...] = ()


def refusal(error: Exception, meaning: str = "") -> Refusal:
    """Give how this error looks outside."""
    status, code, description, extra = csc_words(error)
    return Refusal(status, code, meaning or description, tuple(extra))


def refusals(*errors: Exception) -> tuple[Refusal, ...]:
    return tuple(refusal(one) for one in errors)


def granted_not(*codes: str) -> tuple[Refusal, ...]:
    """Give the refusals of OAuth's own codes."""
    return tuple(Refusal(400, code, GRANT_CODES[code]) for code in codes)


GRANT_CODES = {
    "invalid_grant": "The code, refresh token or auth_req_id is not good, or not any more",
    "invalid_scope": "Not a scope for this",
    "authorization_pending": "The signer has not decided yet",
    "slow_down": "Polled too fast; add 5 seconds to the interval",
    "access_denied": "The signer refused, or the request was withdrawn",
    "expired_token": "The signer did not decide, or the approval was not used, in time",
    "invalid_authorization_details": "Not an object that is known, or not what was granted",
    "unsupported_response_type": "Only `code`",
    "unknown_user_id": "No such signer, or not with this credential, or not agreed to your application",
    "invalid_binding_message": "At most 100 characters, none of them control, bidi or zero-width",
}
BODY = (
    refusal(e.BadParameter(), "A parameter is missing or not what it must be; the description says which, in the standard's words"),
    refusal(e.BadJson("The body must be one JSON object, each key once")),
    refusal(e.BadContentType("Another Content-Type than documented")),
    refusal(e.BodyTooLarge("The body is too large")),
)
FORM = (
    refusal(e.BadParameter(), "A parameter is missing or not what it must be; the description says which, in the standard's words"),
    refusal(e.BadContentType("Another Content-Type than documented")),
    refusal(e.BodyTooLarge("The body is too large")),
)
PROOF = tuple(
    refusal(e.ProofRefused(code, meaning, at_resource=True))
    for code, meaning in (
        ("invalid_token", "The token is bound to a key or certificate that was not shown"),
        ("invalid_dpop_proof", "The DPoP proof does not hold"),
        ("use_dpop_nonce", "The DPoP proof must hold `DPoP-Nonce`"),
    )
)
TOKEN = (*refusals(e.BadAuthorizationHeader(), e.TokenUnknown(), e.TokenExpired()), *PROOF)
SCOPE = refusals(e.ScopeRefused())
CLIENT_PROOF = tuple(
    refusal(e.ProofRefused(code, meaning, at_resource=False))
    for code, meaning in (
        ("invalid_dpop_proof", "A DPoP proof, or a client certificate, is needed, or does not hold"),
        ("use_dpop_nonce", "The DPoP proof must hold `DPoP-Nonce`"),
    )
)
CLIENT = (
    refusal(e.ClientRefused("Client authorization required, or its parameters are wrong")),
    refusal(e.ClientRefused("Invalid authorization header")),
    refusal(e.ClientUnproven("The client assertion or certificate does not verify")),
)
BUSY = (refusal(e.StoreUnavailable("Try again; nothing is lost")),)
UNFORESEEN = Refusal(500, "server_error", "An error that nobody foresaw; tell us the request id")
NOT_FOUND = Refusal(404, "invalid_request", "No such address")
NOT_IMPLEMENTED = Refusal(501, "invalid_request", "This method is not implemented, or not turned on")
ASKING = refusals(
    e.CredentialUnknown(),
    e.CredentialDisabled(),
    e.TooManyOpen(1),
    e.TooManyRefused(1),
    e.SignerQuiet(1),
    e.QuotaUsedUp(1),
)
TOO_FAST = refusals(e.TooFast())


def ended(*but: State) -> tuple[Refusal, ...]:
    """Give how a request may have ended, these ends left out."""
    ends = [one for one in State if one not in (State.PENDING, *but)]
    return tuple(refusal(e.Ended(one, "declined" if one is State.REFUSED else None)) for one in ends)


def signing(codes: Iterable[ErrorCode]) -> tuple[Refusal, ...]:
    """Give what the SAM may say to a SAD."""
    return tuple(refusal(e.SigningRefused(one, "…")) for one in codes)
