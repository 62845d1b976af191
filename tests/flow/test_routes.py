"""The URL table from outside: what is not there, or not with this method, is said in the form that the caller reads."""

import httpx2
import pytest

from app.routes import GET, NOT_IMPLEMENTED, POST
from tests.flow.wire import error_of, refused
from tests.harness.stack import Stack

FOR_APPLICATIONS = [path for path, _ in POST if path.startswith(("/csc/", "/oauth2/"))]
FOR_PHONES = [path.replace("{id}", "A" * 22) for path, _ in POST if not path.startswith(("/csc/", "/oauth2/"))]
NOT_FOUND = refused("Not Found", status=404)
NOT_ALLOWED = refused("Method Not Allowed", status=405)


def send(stack: Stack, method: str, path: str) -> httpx2.Response:
    return stack.http.request(method, path, content=b"{}" if method == "POST" else None)


@pytest.mark.parametrize("path", FOR_APPLICATIONS)
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_applications_are_told_that_only_post_is_allowed(stack: Stack, method: str, path: str) -> None:
    """405 in CSC form, with `Allow`."""
    answer = send(stack, method, path)
    assert error_of(answer) == NOT_ALLOWED
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("method", NOT_IMPLEMENTED)
def test_methods_of_the_standard_that_are_not_here_are_501(stack: Stack, method: str) -> None:
    """CSC 2.0 §10.1: a method that the service does not have is 501, and `info` does not announce it."""
    assert error_of(send(stack, "POST", f"/csc/{method}")) == refused("This method is not implemented", status=501)
    version, _, name = method.partition("/")
    assert name not in stack.http.post(f"/csc/{version}/info", json={}).json()["methods"]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "OPTIONS"])
@pytest.mark.parametrize(
    "path",
    [
        "/csc",
        "/csc/",
        "/csc/v2",
        "/csc/v1",
        "/csc/v1/credentials/authorizeCheck",
        "/csc/v1/signatures/signDoc",
        "/csc/v2/nothing",
        "/csc/v2/info/",
        "/csc/v2/INFO",
        "/csc/v2//info",
        "/csc/v2/credentials",
        "/csc/v2/%2e%2e/health",
        "/csc/v2/%ff%00",
        "/csc/v2/info%3F",
        "//csc/v2/info",
        "/oauth2",
        "/oauth2/nothing",
        "/oauth2/token/",
    ],
)
def test_what_is_not_there_is_404_in_the_standards_form(stack: Stack, method: str, path: str) -> None:
    """Never a page, a redirect, or a framework's text below the applications' door."""
    assert error_of(send(stack, method, f"{stack.origin}{path}")) == NOT_FOUND


@pytest.mark.parametrize("path", FOR_PHONES)
def test_phones_are_told_in_their_form(stack: Stack, path: str) -> None:
    """405 as JSON for what a script may send."""
    for method in ("PUT", "DELETE", "OPTIONS"):
        answer = send(stack, method, path)
        assert (answer.status_code, answer.json()) == (405, {"error": "invalid_request"})


@pytest.mark.parametrize(
    "path", ["/nothing", "/enroll/", "/approve", "/approve/", "/static/nothing.js", "/static/../pyproject.toml", "/favicon.ico"]
)
def test_people_get_a_page_about_what_is_not_there(stack: Stack, path: str) -> None:
    """404 with a page in words."""
    page = send(stack, "GET", path)
    assert page.status_code == 404
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Traceback" not in page.text


def test_static_files_stay_within_their_folder(stack: Stack) -> None:
    """No way up and out, however it is written."""
    for path in ("/static/%2e%2e/pyproject.toml", "/static/..%2fpyproject.toml", "/static//etc/passwd", "/static/%00", "/static/"):
        assert stack.http.get(f"{stack.origin}{path}").status_code == 404


@pytest.mark.parametrize("path", [path for path, _ in GET if path in ("/enroll", "/sign-in")])
def test_head_is_get_without_a_body(stack: Stack, path: str) -> None:
    """RFC 9110 §9.3.2."""
    head, get = send(stack, "HEAD", path), send(stack, "GET", path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == get.headers["content-type"]


def test_health_says_only_whether(stack: Stack) -> None:
    """Nothing that helps a stranger."""
    answer = stack.http.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
