"""Errors that nobody foresaw: 500 with a request id and no detail, as safe as any other answer, in the form that the reader knows."""

import logging
import re

import pytest

from tests.app.conftest import Visit
from tests.flow.observatory import EXACT

ORIGIN = "http://localhost:8080"
REQUEST_ID = re.compile(r"[0-9a-f]{16}")


@pytest.mark.parametrize("path", ["/csc/v2/info", "/csc/v2/credentials/list", "/oauth2/token"])
def test_applications_get_the_standards_form(visit_unstarted: Visit, path: str) -> None:
    """`server_error`, with the id that stands in the header and in the log."""
    answer = visit_unstarted(ORIGIN).post(path, json={})
    assert answer.status_code == 500
    assert answer.json() == {"error": "server_error", "error_description": f"Internal error {answer.headers['x-request-id']}"}


@pytest.mark.parametrize(("method", "path"), [("POST", "/sign-in/options"), ("POST", "/enroll"), ("POST", "/approve/x")])
def test_scripts_get_json(visit_unstarted: Visit, method: str, path: str) -> None:
    """A code that every script knows."""
    answer = visit_unstarted(ORIGIN).request(method, path, json={}, headers={"Origin": ORIGIN})
    assert (answer.status_code, answer.json()) == (500, {"error": "unavailable"})


@pytest.mark.parametrize("language", ["ja", "en"])
def test_people_get_a_page_with_the_id(visit_unstarted: Visit, language: str) -> None:
    """Something to tell the operator, and nothing about the cause."""
    answer = visit_unstarted(ORIGIN).get("/", headers={"Accept-Language": language})
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.text
    assert f'lang="{language}"' in answer.text
    assert "IndexError" not in answer.text
    assert "Traceback" not in answer.text


def test_answer_is_as_safe_as_any_other(visit_unstarted: Visit) -> None:
    """The same headers, also here."""
    for answer in (visit_unstarted(ORIGIN).get("/"), visit_unstarted(ORIGIN).post("/csc/v2/info", json={})):
        assert {name: answer.headers.get(name) for name in EXACT} == EXACT
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert REQUEST_ID.fullmatch(answer.headers["x-request-id"])


def test_log_says_what_happened_under_the_id(visit_unstarted: Visit, caplog: pytest.LogCaptureFixture) -> None:
    """The operator finds the cause by the id."""
    with caplog.at_level(logging.ERROR, "natsuin.problems"):
        answer = visit_unstarted(ORIGIN).post("/csc/v2/info", json={})
    (record,) = [one for one in caplog.records if one.name == "natsuin.problems"]
    assert answer.headers["x-request-id"] in record.getMessage()
    assert "IndexError" in record.getMessage()
