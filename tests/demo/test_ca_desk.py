"""Applying and the officer's desk over HTTP: who gets in, what an officer may do, and in which order."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.demo.ca_desk import Desk, certificate_of, make_csr

PERSON = {"name": "山田 花子", "user_id": "alice", "postal_code": "100-0001", "address": "東京都\n千代田区"}
POSTS = (
    "applications/1/accept",
    "applications/1/refuse",
    "certificates/1234/suspend",
    "certificates/1234/lift",
    "certificates/1234/revoke",
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "ca")


def sign_in(desk: Desk) -> Any:
    return desk.http.post("/desk/sign-in", data={"secret": desk.office.officer_secret.decode()}, follow_redirects=False)


def state(desk: Desk) -> str:
    with desk.office.records.reading() as sql:
        return str(sql.execute("SELECT state FROM application").fetchone()[0])


def test_the_cookie_is_for_the_desk_alone_and_no_script_reads_it(desk: Desk) -> None:
    answer = sign_in(desk)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    cookie = answer.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=strict", "path=/desk", "max-age=28800"))
    assert desk.office.officer_secret.decode().lower() not in cookie


@pytest.mark.parametrize("cookie", ["", "x", "9999999999.", "9999999999." + "0" * 64, "99999999999999999999.0", "９.x"])
def test_without_a_session_nothing_is_shown_or_done(desk: Desk, cookie: str) -> None:
    desk.http.post("/apply", data=PERSON)
    headers = {b"Cookie": f"natsuin-ca-desk={cookie}".encode()}
    assert desk.http.get("/desk", headers=headers).status_code == 401
    for path in POSTS:
        assert desk.http.post(f"/desk/{path}", data={"reason": "unspecified"}, headers=headers).status_code == 401
    assert state(desk) == "received"
    assert desk.http.post("/desk/sign-in", data={"secret": "wrong"}).status_code == 401
    assert "natsuin-ca-desk" not in desk.http.cookies


def test_a_session_ends_after_eight_hours_and_by_signing_out(desk: Desk) -> None:
    sign_in(desk)
    cookie = {"Cookie": f"natsuin-ca-desk={desk.http.cookies['natsuin-ca-desk']}"}
    desk.now += timedelta(hours=8) - timedelta(seconds=1)
    assert desk.http.get("/desk", headers=cookie).status_code == 200
    desk.now += timedelta(seconds=1)
    assert desk.http.get("/desk", headers=cookie).status_code == 401
    sign_in(desk)
    desk.http.post("/desk/sign-out")
    assert desk.http.get("/desk").status_code == 401


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://ca.test:1"}, {"Origin": "null"}]
)
def test_no_page_of_another_site_acts_for_an_officer(desk: Desk, headers: dict[str, str]) -> None:
    """Not even one on another port of the same host, to which the browser would send the cookie."""
    desk.http.post("/apply", data=PERSON)
    sign_in(desk)
    assert desk.http.post("/desk/applications/1/accept", headers=headers).status_code == 403
    assert state(desk) == "received"


def test_another_host_name_leads_nowhere(desk: Desk) -> None:
    assert desk.http.get("/desk", headers={"Host": "evil.example"}).status_code == 400


def test_states_go_one_way(desk: Desk) -> None:
    receipt = desk.http.post("/apply", data=PERSON).url.path
    assert state(desk) == "received"
    sign_in(desk)
    assert desk.http.post("/desk/applications/1/refuse", data={"reason": " "}).status_code == 409
    assert state(desk) == "received"
    code = desk.accept()
    assert state(desk) == "code_issued"
    certificate_of(desk.enroll(code, make_csr()))
    assert state(desk) == "certified"
    for path, data in (("accept", {}), ("refuse", {"reason": "late"})):
        assert desk.http.post(f"/desk/applications/1/{path}", data=data).status_code == 409
    assert state(desk) == "certified"
    assert "Certified" in desk.http.get(receipt, headers={"Accept-Language": "en"}).text


def test_a_refused_application_stays_refused_and_its_code_is_dead(desk: Desk) -> None:
    desk.http.post("/apply", data=PERSON)
    code = desk.accept()
    assert desk.http.post("/desk/applications/1/refuse", data={"reason": "moved away"}).status_code == 200
    assert desk.enroll(code, make_csr()).status_code == 401
    assert desk.http.post("/desk/applications/1/accept").status_code == 409
    assert desk.http.post("/desk/applications/7/accept").status_code == 409
    assert state(desk) == "refused"


def test_locked_is_shown_and_a_new_letter_opens_it(desk: Desk, tmp_path: Path) -> None:
    desk.http.post("/apply", data=PERSON)
    desk.accept()
    wrong = Desk(tmp_path / "other").apply()
    for _ in range(5):
        desk.enroll(wrong, make_csr())
    assert "locked" in desk.http.get("/desk", headers={"Accept-Language": "en"}).text
    certificate_of(desk.enroll(desk.accept(), make_csr()))


@pytest.mark.parametrize(
    "change", [{"name": ""}, {"name": "a\x00b"}, {"name": "x" * 65}, {"user_id": "a:b"}, {"user_id": ""}, {"address": "1\n2\n3\n4"}]
)
def test_a_bad_form_is_shown_again_with_what_was_entered(desk: Desk, change: dict[str, str]) -> None:
    answer = desk.http.post("/apply", data=PERSON | {"name": "<i>Hana"} | change)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "千代田区" in answer.text or "address" in change
    assert "<i>" not in answer.text
    with desk.office.records.reading() as sql:
        assert sql.execute("SELECT count(*) FROM application").fetchone()[0] == 0


def test_every_answer_carries_the_headers_that_keep_pages_to_themselves(desk: Desk) -> None:
    for path in ("/", "/apply", "/desk", "/apply/unknown", "/nowhere", "/static/ca.css"):
        headers = desk.http.get(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "script-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
