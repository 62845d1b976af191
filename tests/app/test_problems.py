"""The table of errors: every class is in it, and every answer has the form that its reader knows."""

import inspect

import pytest

from app import errors
from app.domain.authorization import State
from app.problems import ENDS, PROBLEMS, SIGNING, csc_words
from hsm.messages import ErrorCode

# Between programs only, before any request, or with words of their own.
NOT_OUTSIDE = {
    errors.NatsuinError,
    errors.CannotStart,
    errors.SamRefused,
    errors.StatementRefused,
    errors.Ended,
    errors.SigningRefused,
    errors.JwtRefused,
}
NOT_OUTSIDE |= {errors.PushGone, errors.PushRefused, errors.PushLater, errors.PushFailed}
GROUPS = {errors.BadRequest, errors.Unauthenticated, errors.NotAllowed, errors.Unavailable}
CLASSES = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, errors.NatsuinError)]
STANDARD = {"invalid_request", "access_denied", "invalid_token", "expired_token", "temporarily_unavailable", "server_error"}
STANDARD |= {"authentication_error", "unauthorized_client", "invalid_pin", "invalid_otp", "invalid_hash"}
OURS = {"invalid_authentication_data", "too_many_requests"}
OAUTH = {"invalid_client", "invalid_grant", "invalid_dpop_proof", "insufficient_scope"}
PHONE = {
    "link_unknown",
    "code_refused",
    "application_refused",
    "key_unusable",
    "registration_refused",
    "passkey_unacceptable",
    "passkey_synced",
    "certificate_unavailable",
    "sign_in_refused",
    "session_required",
    "not_found",
    "evidence_refused",
    "change_over",
    "last_passkey",
    "name_refused",
    "pin_unacceptable",
    "token_code_refused",
    "recovery_waiting",
    "recovery_ended",
    "endpoint_refused",
    "wrong_code",
    "code_needed",
    "passkey_needed",
    "code_over",
    "otp_refused",
    "otp_locked",
    "otp_closed",
    "sign_in_over",
    "forbidden",
    "invalid_request",
    "unavailable",
}


@pytest.mark.parametrize("error", [one for one in CLASSES if one not in NOT_OUTSIDE | GROUPS], ids=lambda one: one.__name__)
def test_every_error_is_in_the_table(error: type[Exception]) -> None:
    """With a status of the standard (§10.1 and 413), a code of the standard or one of ours, and a code that phones know."""
    problem = PROBLEMS[error]
    assert problem.status in (400, 401, 403, 404, 413, 429, 503)
    assert problem.csc in STANDARD | OURS | OAUTH
    assert problem.phone in PHONE


@pytest.mark.parametrize("group", GROUPS, ids=lambda one: one.__name__)
def test_groups_are_never_raised_themselves(group: type[Exception]) -> None:
    """They say nothing that a caller could act on."""
    assert group not in PROBLEMS


def test_table_names_no_error_that_is_not_there() -> None:
    """Nothing but classes of the tree."""
    assert set(PROBLEMS) <= set(CLASSES)


def test_doubt_is_503_and_nothing_else_is() -> None:
    """Whoever gets a 503 may try again; whoever gets anything else was told no."""
    assert {one for one, problem in PROBLEMS.items() if problem.status == 503} == {
        one for one in CLASSES if issubclass(one, errors.Unavailable) and one not in GROUPS
    }


@pytest.mark.parametrize("code", ErrorCode)
def test_every_word_of_the_sam_becomes_one_of_the_standards(code: ErrorCode) -> None:
    """Known or not, whatever the SAM says about a signature is an error in the standard's form."""
    status, error, description, _ = csc_words(errors.SigningRefused(code, "CN=Taro"))
    assert (status in (400, 503)) is (code in SIGNING)
    assert error
    assert description
    assert "{" not in description


def test_expired_certificate_is_named() -> None:
    """CSC 2.0 §11.10 prints the holder."""
    words = csc_words(errors.SigningRefused(ErrorCode.CERTIFICATE_EXPIRED, "CN=山田 太郎,C=JP"))
    assert words[2] == "Signing certificate 'CN=山田 太郎,C=JP' is expired."


@pytest.mark.parametrize("state", sorted(ENDS))
def test_ends_carry_state_and_reason(state: State) -> None:
    """The application need not read English to know how it ended."""
    status, _, _, more = csc_words(errors.Ended(state, "declined"))
    assert (status, more) == (400, {"state": state, "reason": "declined"})
    assert csc_words(errors.Ended(state))[3] == {"state": state}
