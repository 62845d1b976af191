"""A person who has lost everything: with the new certificate the earlier ones are revoked, in the transaction that issues it."""

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.ca import enrollment
from demo.ca.status import suspend
from tests.demo.ca_desk import START, Desk, certificate_of, make_csr


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "ca")


def states(desk: Desk) -> list[tuple[str, str | None, int | None]]:
    """State, reason and time of every signer's certificate, the first issued first."""
    with desk.office.records.reading() as sql:
        rows = sql.execute("SELECT state, reason, since FROM certificate WHERE kind = 'signer' ORDER BY rowid")
        return [(row["state"], row["reason"], row["since"]) for row in rows]


def test_earlier_certificates_end_when_the_new_one_is_issued(desk: Desk) -> None:
    """Not before; also a held one, from the day of its hold; nobody else's; and a repeat of the request revokes nothing more."""
    desk.issue("alice")
    held = desk.issue("alice")
    desk.issue("bob")
    suspend(desk.office.records, f"{held.serial_number:X}", START)
    desk.now += timedelta(days=1)
    code = desk.register("alice", replaces=True).json()["code"]
    assert [state for state, _, _ in states(desk)] == ["good", "held", "good"]
    csr, later = make_csr(), int(desk.now.timestamp())
    first = certificate_of(desk.enroll(code, csr, "alice"))
    ended = [
        ("revoked", "superseded", later),
        ("revoked", "superseded", int(START.timestamp())),
        ("good", None, None),
        ("good", None, None),
    ]
    assert states(desk) == ended
    desk.issue("alice")
    assert certificate_of(desk.enroll(code, csr, "alice")) == first
    assert states(desk) == [*ended, ("good", None, None)]


def test_without_a_new_certificate_nothing_is_revoked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by a wrong code, nor where issuing fails after the revocation: both are one transaction."""
    desk.issue("alice")
    code = desk.register("alice", replaces=True).json()["code"]

    def full(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(enrollment, "add_certificate", full)
    with pytest.raises(sqlite3.OperationalError):
        desk.enroll(code, make_csr(), "alice")
    assert states(desk) == [("good", None, None)]
    monkeypatch.undo()
    certificate_of(desk.enroll(code, make_csr(), "alice"))
    assert [state for state, _, _ in states(desk)] == ["revoked", "good"]


@pytest.mark.parametrize(("data", "ended"), [({}, "good"), ({"replaces": "yes"}, "revoked")])
def test_the_officer_is_asked_where_there_are_earlier_ones(desk: Desk, data: dict[str, Any], ended: str) -> None:
    """At the desk it is one box to tick, for people with a certificate only."""
    desk.issue("alice")
    person = {"name": "山田 花子", "user_id": "alice", "postal_code": "1", "address": "x"}
    desk.http.post("/apply", data=person | {"user_id": "newcomer"})
    desk.http.post("/apply", data=person)
    desk.http.post("/desk/sign-in", data={"secret": desk.office.officer_secret.decode()})
    assert desk.http.get("/desk").text.count('name="replaces"') == 1
    page = desk.http.post("/desk/applications/3/accept", data=data)
    assert page.status_code == 200
    assert [state for state, _, _ in states(desk)] == ["good"]
    certificate_of(desk.enroll(desk.letter_of(page.text), make_csr(), "alice"))
    assert [state for state, _, _ in states(desk)] == [ended, "good"]
