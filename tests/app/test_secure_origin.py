"""Behind TLS: with an https origin cookies are `Secure` and bound to the host, and browsers are told never to come by http again."""

import pytest

from app.routes import GET, NOT_IMPLEMENTED, POST
from tests.app.conftest import Visit
from tests.flow.observatory import START, directives, modifiers

ORIGIN = "https://sign.example.jp"
ROUTES = [("GET", path) for path, _ in GET] + [("POST", path) for path, _ in POST] + [("POST", f"/csc/v2/{one}") for one in NOT_IMPLEMENTED]
ROUTES += [("GET", "/static/natsuin.css"), ("GET", "/static/nothing"), ("PUT", "/approve/x"), ("GET", "/nothing")]


@pytest.mark.parametrize("path", ["/enroll", "/sign-in", "/nothing", "/sign-in?lang=ja"])
def test_pages_lose_no_point_at_the_observatory(visit: Visit, path: str) -> None:
    """HSTS, `upgrade-insecure-requests`, `Secure` on every cookie: no negative line, and 140 points or more."""
    answer = visit(ORIGIN).get(path)
    assert answer.status_code == (404 if path == "/nothing" else 200)
    scored = modifiers(answer, secure=True)
    assert min(scored.values()) >= 0, scored
    assert START + sum(scored.values()) >= 140
    assert answer.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains; preload"
    assert "upgrade-insecure-requests" in directives(answer.headers["content-security-policy"])


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_no_route_loses_a_point(visit_unstarted: Visit, method: str, path: str) -> None:
    """Even where everything fails: what an answer carries does not depend on what it is."""
    answer = visit_unstarted(ORIGIN).request(method, path.replace("{id}", "A" * 22), headers={"Origin": ORIGIN})
    scored = modifiers(answer, secure=True)
    assert min(scored.values()) >= 0, scored
    least = 140 if answer.headers.get("content-type", "").startswith("text/html") else 130
    assert START + sum(scored.values()) >= least, scored


def test_tls_may_end_in_front_of_us(visit: Visit) -> None:
    """What reaches the server is plain http then; what it says is for the browser, which came by https."""
    client = visit(ORIGIN)
    client.base_url = "http://sign.example.jp"
    (cookie,) = client.get("/sign-in?lang=ja").headers.get_list("set-cookie")
    assert cookie.startswith("language=ja; ")
    assert "; Secure" in cookie


def test_plain_http_on_this_machine_promises_nothing(visit: Visit) -> None:
    """http://localhost gets neither HSTS nor `Secure`, which would lock the developer out."""
    answer = visit("http://localhost:8080").get("/sign-in?lang=ja")
    assert "strict-transport-security" not in answer.headers
    assert "Secure" not in answer.headers["set-cookie"]
    assert "upgrade-insecure-requests" not in answer.headers["content-security-policy"]


def test_session_cookie_has_the_prefix_that_binds_it_to_the_host(visit: Visit) -> None:
    """`__Host-`, which browsers take over https only."""
    answer = visit(ORIGIN).post("/sign-out", json={}, headers={"Origin": ORIGIN})
    name, *attributes = answer.headers["set-cookie"].split("; ")
    assert name == '__Host-natsuin=""'
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(attributes)
    assert not any(attribute.startswith("Domain") for attribute in attributes)


@pytest.mark.parametrize(
    ("host", "status"),
    [("sign.example.jp", 200), ("SIGN.example.jp:443", 200), ("localhost", 200), ("example.jp", 400), ("x.sign.example.jp", 400)],
)
def test_only_our_own_hosts_are_answered(visit: Visit, host: str, status: int) -> None:
    """The host of the origin, and this machine for who looks after it."""
    assert visit(ORIGIN).get("/sign-in", headers={"Host": host}).status_code == status
