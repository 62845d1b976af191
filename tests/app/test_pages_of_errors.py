"""Pages of errors: each status that a person may meet says in words what happened and what to do next, and when to come back."""

import pytest

from app import errors
from app.errors import NatsuinError
from app.phone.page import error_page
from app.problems import PROBLEMS, phone_error
from tests.app.requests import request

STATUSES = sorted({problem.status for problem in PROBLEMS.values()} | {405, 500})
ALIKE = {400: 405, 401: 405, 413: 405}  # what was not understood, in whichever way


def words(status: int, language: str) -> tuple[str, str]:
    """Give the heading and the sentence below it."""
    text = bytes(error_page(request(Accept_Language=language), status).body).decode()
    return text.split("<h1>")[1].split("</h1>")[0], text.split('<p class="quiet">')[1].split("</p>")[0]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_status_has_words_of_its_own(language: str) -> None:
    """Statuses that ask the same of the reader say the same; no sentence has a number or a code in it."""
    said = {status: words(status, language) for status in STATUSES}
    for status, (heading, text) in said.items():
        assert (heading, text) == said[ALIKE.get(status, status)]
        assert not any(character.isdigit() for character in heading + text)
    own = [status for status in STATUSES if status not in ALIKE]
    assert len({said[status] for status in own}) == len(own)


@pytest.mark.parametrize(("error", "status", "seconds"), [(errors.TooFast(), 429, "2"), (errors.SamUnavailable(), 503, "2")])
def test_a_page_says_when_to_come_back(error: NatsuinError, status: int, seconds: str) -> None:
    """As the same answer to a script does (RFC 9110 §10.2.3)."""
    for accept in ("text/html", "application/json"):
        answer = phone_error(request(Accept=accept), error)
        assert (answer.status_code, answer.headers["Retry-After"]) == (status, seconds)
