"""
How each error looks outside: one table from class to HTTP status and words, for applications (CSC 2.0 §10.1), for phones, and for people.

An error that is not in the table is a 500 with a request id and no detail. The caller learns that; the log and the journal learn why.
"""

import logging
from typing import Any

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from app import errors as e
from app.domain.authorization import State
from app.oauth.jose import ALGORITHMS
from app.phone.page import error_page
from hsm.messages import ErrorCode

log = logging.getLogger("natsuin.problems")


class Problem(Struct, frozen=True):
    """One error outside: status, CSC's `error` and `error_description` (the exception's own text where empty), and the phone's `error`."""

    status: int
    csc: str
    description: str
    phone: str


INVALID = "invalid_request"
AUTHORIZE = "/oauth2/authorize"  # the one address below /oauth2 to which an application sends people
PROBLEMS: dict[type[Exception], Problem] = {
    e.BadParameter: Problem(400, INVALID, "", INVALID),
    e.BadJson: Problem(400, INVALID, "", INVALID),
    e.BadContentType: Problem(400, INVALID, "", INVALID),
    e.BodyTooLarge: Problem(413, INVALID, "", INVALID),
    e.WrongOrigin: Problem(403, "access_denied", "Not from another site", "forbidden"),
    e.BadAuthorizationHeader: Problem(400, INVALID, "Malformed authorization header.", INVALID),
    e.TokenUnknown: Problem(401, "invalid_token", "The access token is not valid", "forbidden"),
    e.TokenExpired: Problem(401, "expired_token", "The access token has expired", "forbidden"),
    e.ClientRefused: Problem(400, INVALID, "", INVALID),
    e.LoginHeaderMalformed: Problem(401, INVALID, "Malformed authentication parameter.", INVALID),
    e.LoginRefused: Problem(400, "authentication_error", "An error occurred during authentication process", INVALID),
    e.ClientUnproven: Problem(401, "invalid_client", "", INVALID),
    e.ProofRefused: Problem(401, "invalid_dpop_proof", "", INVALID),
    e.GrantRefused: Problem(400, "invalid_grant", "", "link_unknown"),
    e.ScopeRefused: Problem(403, "insufficient_scope", "The access token is not for this", "forbidden"),
    e.SessionRequired: Problem(401, "access_denied", "Sign in first", "session_required"),
    e.SignInRefused: Problem(400, "access_denied", "The sign-in did not verify", "sign_in_refused"),
    e.SignInOver: Problem(400, "access_denied", "The sign-in is over", "sign_in_over"),
    e.CredentialUnknown: Problem(400, INVALID, "Invalid parameter credentialID", "not_found"),
    e.CredentialDisabled: Problem(400, INVALID, "The credential identified by credentialID is disabled", "key_unusable"),
    e.InvalidAuthenticationData: Problem(400, "invalid_authentication_data", "The authentication data is invalid", INVALID),
    e.PinFromApplication: Problem(400, "invalid_pin", "The PIN is invalid", INVALID),
    e.OtpFromApplication: Problem(400, "invalid_otp", "The OTP is invalid", INVALID),
    e.ScreenNeeded: Problem(400, "unauthorized_client", "This application shows codes to its signers, which needs /csc/v2", INVALID),
    e.PdfUnusable: Problem(400, INVALID, "Invalid array parameter documents", INVALID),
    e.DocumentDiffers: Problem(403, "invalid_hash", "Document or documentDigest does not match authroized hash", INVALID),
    e.HandleUnknown: Problem(400, INVALID, "Invalid parameter handle", "not_found"),
    e.AuthorizationUnknown: Problem(404, INVALID, "Not found", "not_found"),
    e.SubjectUnknown: Problem(404, INVALID, "Not found", "not_found"),
    e.LinkUnknown: Problem(404, INVALID, "Not found", "link_unknown"),
    e.CodeRefused: Problem(403, "access_denied", "The CA refused the code", "code_refused"),
    e.EvidenceRefused: Problem(400, "access_denied", "The evidence does not verify", "evidence_refused"),
    e.OtpRefused: Problem(403, "access_denied", "PIN or one-time password is wrong", "otp_refused"),
    e.OtpLocked: Problem(403, "access_denied", "PIN and one-time password are locked", "otp_locked"),
    e.OtpClosed: Problem(403, "access_denied", "PIN and one-time password were wrong too often", "otp_closed"),
    e.RegistrationRefused: Problem(400, "access_denied", "The registration does not verify", "registration_refused"),
    e.PasskeyUnacceptable: Problem(400, "access_denied", "This kind of passkey is not taken", "passkey_unacceptable"),
    e.PasskeySynced: Problem(400, "access_denied", "No synced passkey is taken", "passkey_synced"),
    e.ApplicationRefused: Problem(400, INVALID, "The application was not taken", "application_refused"),
    e.CodeNeeded: Problem(403, "access_denied", "The code on the application's screen is needed", "code_needed"),
    e.PasskeyNeeded: Problem(403, "access_denied", "A sign-in of just now is needed", "passkey_needed"),
    e.CodeOver: Problem(400, "access_denied", "The code is over", "code_over"),
    e.WrongCode: Problem(403, "access_denied", "The code is another", "wrong_code"),
    e.ChangeOver: Problem(400, INVALID, "The change is over", "change_over"),
    e.LastPasskey: Problem(400, INVALID, "The last passkey stays", "last_passkey"),
    e.PinUnacceptable: Problem(400, INVALID, "Invalid parameter pin", "pin_unacceptable"),
    e.TokenCodeRefused: Problem(400, "access_denied", "The code does not fit", "token_code_refused"),
    e.EndpointRefused: Problem(400, INVALID, "Not a subscription at a known push service", "endpoint_refused"),
    e.NameRefused: Problem(400, INVALID, "Invalid parameter name", "name_refused"),
    e.RecoveryWaiting: Problem(403, "access_denied", "The recovery waits", "recovery_waiting"),
    e.RecoveryEnded: Problem(403, "access_denied", "The recovery has ended", "recovery_ended"),
    e.TooManyOpen: Problem(429, "too_many_requests", "The signer has other requests to decide first", "unavailable"),
    e.TooManyRefused: Problem(429, "too_many_requests", "The signer has refused requests of this application", "unavailable"),
    e.SignerQuiet: Problem(429, "too_many_requests", "The signer takes no requests for now", "unavailable"),
    e.QuotaUsedUp: Problem(429, "too_many_requests", "The application has asked as often as it may for now", "unavailable"),
    e.TooFast: Problem(429, "too_many_requests", "Polled too fast; use Prefer: wait, or wait as Retry-After says", "unavailable"),
    e.StoreUnavailable: Problem(503, "temporarily_unavailable", "Try again", "unavailable"),
    e.RedisUnavailable: Problem(503, "temporarily_unavailable", "Try again", "unavailable"),
    e.SamUnavailable: Problem(503, "temporarily_unavailable", "Try again", "unavailable"),
    e.StatusUnavailable: Problem(503, "temporarily_unavailable", "The certificate's status is not to be had; try again", "unavailable"),
    e.TimestampUnavailable: Problem(
        503, "temporarily_unavailable", "The time-stamping authority gives no timestamp; try again", "unavailable"
    ),
    e.FontsMissing: Problem(503, "temporarily_unavailable", "Try again", "unavailable"),
    e.CertificateUnavailable: Problem(503, "temporarily_unavailable", "Try again", "certificate_unavailable"),
}
# Why a signer is not asked now, in a word (`reason`) that programs tell apart.
NOT_ASKED: dict[type[Exception], str] = {e.TooManyOpen: "open", e.TooManyRefused: "refused", e.SignerQuiet: "quiet", e.QuotaUsedUp: "quota"}
# What becomes of an authorization that gives no SAD, in the words for `authorizeCheck` (CSC 2.0 §11.8 leaves them open).
ENDS: dict[str, tuple[str, str]] = {
    State.REFUSED: ("access_denied", "The signer refused"),
    State.EXPIRED: ("authorization_expired", "The signer did not decide in time"),
    State.CANCELLED: ("authorization_cancelled", "The request was withdrawn"),
    State.APPROVED: ("already_approved", "The signer has approved already; an approval that nobody uses lapses"),
    State.LAPSED: (INVALID, "SAD expired"),
    State.SIGNED: (INVALID, "Invalid parameter handle"),
    State.UNKNOWN: ("outcome_unknown", "Whether a signature was made can't be known; it is not tried again"),
}
# What the SAM says, in the words for `signHash` (CSC 2.0 §11.10).
SIGNING: dict[ErrorCode, tuple[int, str, str]] = {
    ErrorCode.SAD_INVALID: (400, INVALID, "Invalid parameter SAD"),
    ErrorCode.SAD_SPENT: (400, INVALID, "Invalid parameter SAD"),
    ErrorCode.SAD_EXPIRED: (400, INVALID, "SAD expired"),
    ErrorCode.HASHES_DIFFER: (400, INVALID, "Hash is not authorized by the SAD."),
    ErrorCode.CREDENTIAL_UNKNOWN: (400, INVALID, "Invalid parameter credentialID"),
    ErrorCode.CREDENTIAL_UNUSABLE: (400, INVALID, "The credential identified by credentialID is disabled"),
    ErrorCode.CERTIFICATE_EXPIRED: (400, INVALID, "Signing certificate '{subject}' is expired."),
    ErrorCode.CERTIFICATE_REVOKED: (400, INVALID, "Signing certificate '{subject}' is revoked."),
    ErrorCode.CERTIFICATE_SUSPENDED: (400, INVALID, "Signing certificate '{subject}' is suspended."),
    ErrorCode.ALGORITHM_REFUSED: (400, INVALID, "Invalid parameter signAlgo"),
    ErrorCode.HASH_ALGORITHM_REFUSED: (400, INVALID, "Invalid parameter hashAlgorithmOID"),
    ErrorCode.PARAMETERS_REFUSED: (400, INVALID, "Invalid parameter signAlgoParams"),
    ErrorCode.MALFORMED: (400, INVALID, "Invalid parameter SAD"),
    ErrorCode.OUTCOME_UNKNOWN: (400, "outcome_unknown", "Whether a signature was made can't be known; it is not tried again"),
    ErrorCode.IN_PROGRESS: (503, "temporarily_unavailable", "The same request is being worked on"),
}


async def natsuin_error(request: Request, error: Exception) -> Response:
    """Answer an error of ours in the form that the caller reads."""
    if isinstance(error, e.Unavailable):
        log.warning("%s: %s: %s", request.scope.get("request_id"), type(error).__name__, error)
    if not is_for_applications(request):
        return phone_error(request, error)
    status, code, description, extra = csc_words(error)
    headers = {"Retry-After": str(getattr(error, "retry_after_s", 2))} if status in (429, 503) else {}
    if isinstance(error, e.Unauthenticated) and status == 401:
        headers["WWW-Authenticate"] = _challenge(error, code)
    if isinstance(error, e.ProofRefused) and error.nonce is not None:
        headers["DPoP-Nonce"] = error.nonce
    return JSONResponse({"error": code, "error_description": description} | extra, status, headers=headers)


def _challenge(error: e.Unauthenticated, code: str) -> str:
    if isinstance(error, e.ProofRefused):
        return f'DPoP error="{code}", algs="{" ".join(ALGORITHMS)}"'
    return (
        'Basic realm="applications"'
        if isinstance(error, e.ClientRefused | e.ClientUnproven | e.LoginHeaderMalformed)
        else f'Bearer error="{code}"'
    )


def csc_words(error: Exception) -> tuple[int, str, str, dict[str, Any]]:
    """Give status, `error`, `error_description` and further fields."""
    if isinstance(error, e.Ended):
        code, description = ENDS[error.state]
        return 400, code, description, {"state": error.state} | ({"reason": error.reason} if error.reason else {})
    if isinstance(error, e.SigningRefused):
        status, code, description = SIGNING.get(error.code, (500, "server_error", "The signature could not be made"))
        return status, code, description.format(subject=error.subject), {}
    if isinstance(error, e.GrantRefused):
        return 400, error.code, str(error), {}
    if isinstance(error, e.ProofRefused):
        return 401 if error.at_resource else 400, error.code, str(error), {}
    problem = PROBLEMS[type(error)]
    if isinstance(error, e.ClientRefused) and str(error) == "Invalid authorization header":
        return 401, "invalid_client", str(error), {}
    reason = NOT_ASKED.get(type(error))
    return problem.status, problem.csc, problem.description or str(error), {"reason": reason} if reason is not None else {}


def phone_error(request: Request, error: Exception) -> Response:
    """Answer a phone: JSON to its script, a page to a person; who must sign in first is sent there."""
    wants_page = request.method == "GET" and "application/json" not in request.headers.get("accept", "")
    if wants_page and isinstance(error, e.SessionRequired):
        return RedirectResponse(f"/sign-in?next={request.url.path}", 303)
    if isinstance(error, e.Ended):
        fields: dict[str, Any] = {"error": "ended", "state": error.state, "reason": error.reason}
        return JSONResponse(fields, 409)
    problem = PROBLEMS[type(error)]
    headers = {"Retry-After": str(getattr(error, "retry_after_s", 2))} if problem.status in (429, 503) else {}
    if wants_page:
        page = error_page(request, problem.status)
        page.headers.update(headers)
        return page
    fields = {"error": problem.phone} | ({"tries_left": error.tries_left} if isinstance(error, e.WrongCode | e.OtpRefused) else {})
    if isinstance(error, e.ApplicationRefused):
        fields |= {"reason": error.reason, "said": error.said}
    if isinstance(error, e.RecoveryWaiting):
        fields["until"] = error.until
    return JSONResponse(fields, problem.status, headers=headers)


async def http_error(request: Request, error: Exception) -> Response:
    """Answer what the router found wrong: no such page, no such method."""
    assert isinstance(error, HTTPException)
    if is_for_applications(request):
        return JSONResponse({"error": INVALID, "error_description": error.detail}, error.status_code, headers=error.headers)
    if request.method == "GET":
        return error_page(request, error.status_code)
    return JSONResponse({"error": "not_found" if error.status_code == 404 else INVALID}, error.status_code, headers=error.headers)


async def unknown_error(request: Request, error: Exception) -> Response:
    """Answer an error that nobody foresaw, without a detail."""
    request_id = request.scope.get("request_id")
    log.error("%s: %s", request_id, type(error).__name__, exc_info=error)
    if is_for_applications(request):
        return JSONResponse({"error": "server_error", "error_description": f"Internal error {request_id}"}, 500)
    if request.method == "GET":
        return error_page(request, 500)
    return JSONResponse({"error": "unavailable"}, 500)


def is_for_applications(request: Request) -> bool:
    path = request.scope["path"]
    return path != AUTHORIZE and path.lstrip("/").partition("/")[0] in ("csc", "oauth2", "authorizations", ".well-known", "openapi.json")
