"""The operator's API: what the command line does, at a door of its own, with a record of who did it."""

import base64
import http.client
import os
import ssl
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.operator.door import CALLS
from tests.flow.browser import Browse, link_of
from tests.flow.parties import Person
from tests.flow.records import Records
from tests.flow.wire import UNKNOWN_ID
from tests.harness.operator_door import OperatorDoor, SocketConnection, Told, ask, operator_door
from tests.harness.stack import Application, Stack, free_ports
from tests.harness.tls import Authority

SEED = bytes(range(20)).hex()


@pytest.fixture(scope="module")
def door(stack: Stack) -> Iterator[OperatorDoor]:
    with operator_door(stack) as opened:
        yield opened


def acts(door: OperatorDoor) -> list[dict[str, Any]]:
    listed = door.call("GET", "/acts")
    assert listed.status == 200
    return list(listed.value)


def test_an_application_lives_from_add_to_remove(stack: Stack, door: OperatorDoor) -> None:
    """As with `natsuin client`, which sees the same."""
    name = f"青葉 {os.urandom(4).hex()}"
    back = ["https://shop.example.jp/signed", "http://localhost:8081/back"]
    made = door.call("POST", "/clients", {"name": name, "code": True, "moving_code": True, "return_urls": back})
    policy = {
        "name": name,
        "code": True,
        "moving_code": True,
        "return_urls": back,
        "mark": False,
        "inbox": False,
        "callback_url": None,
        "for_all": False,
        "auth": "secret",
        "redirect_uris": [],
    }
    nothing = {"most_documents": None, "longest_life_s": None, "passkey_only": False, "per_minute": None, "per_day": None}
    policy |= {"policy": nothing}
    assert (made.status, made.value.keys()) == (200, {"client_id", "client_secret", *policy})
    assert made.value | policy == made.value
    shop = Application(stack, made.value["client_id"], made.value["client_secret"])
    assert door.call("GET", "/clients").value == stack.natsuin("client", "list")
    limited = door.call("POST", f"/clients/{shop.client_id}", {"per_day": 5, "code": False})
    assert limited.value["policy"] == nothing | {"per_day": 5}
    assert limited.value["code"] is False
    freed = door.call("POST", f"/clients/{shop.client_id}", {"per_day": None})
    assert freed.value == stack.natsuin("client", "set", shop.client_id)
    assert freed.value["policy"] == nothing
    again = door.call("POST", "/clients", {"name": name})
    assert again == Told(400, {"error": stack.natsuin("client", "add", name, expect=1)["error"]})
    removed = door.call("DELETE", f"/clients/{shop.client_id}")
    assert removed == Told(200, {"client_id": shop.client_id, "removed": True})
    assert shop.post("credentials/list", {"userID": "x"}).status_code == 401
    gone = door.call("DELETE", f"/clients/{shop.client_id}")
    assert gone == Told(404, stack.natsuin("client", "remove", shop.client_id, expect=1))


def test_callbacks_get_a_new_secret(door: OperatorDoor) -> None:
    """Told once; where it is not asked for, or for an application without callbacks, there is none."""
    address = "https://shop.example.jp/decided"
    called, quiet = (door.call("POST", "/clients", {"name": os.urandom(8).hex(), "callback_url": url}).value for url in (address, None))
    path = f"/clients/{called['client_id']}"
    changed = door.call("POST", path, {"new_callback_secret": True})
    assert (changed.status, changed.value["callback_secret"][:6]) == (200, "whsec_")
    assert changed.value["callback_secret"] != called["callback_secret"]
    assert "callback_secret" not in door.call("POST", path, {"new_callback_secret": False}).value
    assert door.call("POST", f"/clients/{quiet['client_id']}", {"new_callback_secret": True}).status == 400


def test_a_person_is_invited_and_shown(stack: Stack, door: OperatorDoor, browse: Browse) -> None:
    """By a link that enrols, by a letter that is a PDF, by the hash of a code."""
    user_id = f"user-{os.urandom(4).hex()}"
    invited = door.call("POST", "/signers", {"user_id": user_id, "name": "山田 太郎"})
    assert (invited.status, invited.value.keys()) == (200, {"user_id", "name", "enrollment_url", "expires"})
    assert browse(stack).register(link_of(invited.value["enrollment_url"])).status_code == 200
    shown = door.call("GET", f"/signers/{user_id}")
    assert shown == Told(200, stack.natsuin("signer", "show", user_id))
    assert len(shown.value["keys"]) == len(shown.value["devices"]) == 1
    assert user_id in [one["user_id"] for one in door.call("GET", "/signers").value]
    to = {"postal_code": "100-0001", "address": ["東京都千代田区千代田 1-1"]}
    letter = door.call("POST", "/signers", {"user_id": user_id, "name": "山田 太郎", "letter": to})
    assert base64.b64decode(letter.value["letter"]).startswith(b"%PDF")
    hashed = door.call("POST", "/signers", {"user_id": user_id, "name": "山田 太郎", "code_sha256": os.urandom(32).hex()})
    assert hashed.status == 200
    assert "letter" not in hashed.value


def test_a_key_is_shown_and_frozen(stack: Stack, door: OperatorDoor) -> None:
    """For a time, or until its signer uses it again."""
    person = Person(stack)
    path = f"/credentials/{person.credential_id}"
    shown = door.call("GET", path)
    assert shown == Told(200, stack.natsuin("credential", "show", person.credential_id))
    assert shown.value["frozen_until"] == 0
    assert door.call("POST", f"{path}/freeze", {"for_s": 600}).value["frozen_until"] > 0
    frozen = door.call("POST", f"{path}/freeze")
    assert (frozen.value["frozen_until"], frozen.value["frozen_by"]) == (None, "operator")
    told = stack.natsuin("credential", "show", person.credential_id)
    assert frozen.value == {name: value for name, value in told.items() if name != "ways"}


def test_tokens_are_taken_in_and_listed(stack: Stack, door: OperatorDoor) -> None:
    """All or none, by the SAM's own door; what is wrong with a file is told, and nothing of it."""
    serial = f"T{os.urandom(4).hex()}"
    file = base64.b64encode(f"serial,seed,kind,algorithm,digits,period\n{serial},hex:{SEED},totp,sha1,6,30\n".encode()).decode()
    assert door.call("POST", "/tokens", {"file": file}) == Told(200, {"imported": 1})
    again = door.call("POST", "/tokens", {"file": file})
    assert (again.status, "taken in before" in again.value["error"]) == (400, True)
    listed = door.call("GET", "/tokens")
    assert listed.value == stack.natsuin("token", "list")
    assert serial in [one["serial"] for one in listed.value]
    assert SEED not in str(listed.value) + door.log()


def test_the_doctor_is_asked(stack: Stack, door: OperatorDoor) -> None:
    told = door.call("GET", "/doctor").value
    assert told["ok"]
    assert [one["part"] for one in told["findings"]] == [one["part"] for one in stack.natsuin("doctor")["findings"]]


def test_every_act_is_recorded_with_who_did_it(stack: Stack, door: OperatorDoor) -> None:
    """By whichever way, also what was refused; looking is no act."""
    me, before = f"uid {os.getuid()} (", {one["id"] for one in acts(door)}
    name = f"Recorded {os.urandom(4).hex()}"
    client_id = door.call("POST", "/clients", {"name": name}).value["client_id"]
    door.call("POST", "/clients", {"name": name})
    door.call("GET", "/clients")
    stack.natsuin("client", "remove", client_id)
    door.call("POST", f"/credentials/{UNKNOWN_ID}/freeze")
    new = [one for one in acts(door) if one["id"] not in before]
    assert all(one["who"].startswith(me) for one in new)
    assert {(one["way"], one["act"], one["subject"], one["outcome"]) for one in new} == {
        ("socket", "client add", name, "done"),
        ("socket", "client add", name, "refused"),
        ("command line", "client remove", client_id, "done"),
        ("socket", "credential freeze", UNKNOWN_ID, "refused"),
    }
    assert [one["outcome"] for one in new] == ["refused", "done", "refused", "done"]  # the newest first
    assert stack.natsuin("acts") == acts(door)


def test_what_can_not_be_recorded_is_not_done(stack: Stack, door: OperatorDoor) -> None:
    records, name = Records(stack), f"Unrecorded {os.urandom(4).hex()}"
    records.script("CREATE TRIGGER unrecorded BEFORE INSERT ON acts BEGIN SELECT RAISE(FAIL, 'full'); END")
    try:
        assert door.call("POST", "/clients", {"name": name}).status == 500
    finally:
        records.script("DROP TRIGGER unrecorded")
    assert name not in [one["name"] for one in door.call("GET", "/clients").value]
    assert "unforeseen: IntegrityError at POST /clients" in door.log()
    assert "Traceback" not in door.log()


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/clients", b"", 400),
        ("POST", "/clients", b"{", 400),
        ("POST", "/clients", {"name": 5}, 400),
        ("POST", "/clients", {"name": "x" * 101}, 400),
        ("POST", "/clients", {"name": "x", "role": "admin"}, 400),
        ("POST", "/signers", {"user_id": "no spaces", "name": "x"}, 400),
        ("POST", "/signers", {"user_id": "x", "name": "x", "code": "a", "code_sha256": "b"}, 400),
        ("POST", "/signers", {"user_id": "x", "name": "x", "code_sha256": "b"}, 400),
        ("POST", f"/credentials/{UNKNOWN_ID}/freeze", {"for_s": 0}, 400),
        ("POST", f"/credentials/{UNKNOWN_ID}/freeze", None, 404),
        ("GET", f"/credentials/{UNKNOWN_ID}", None, 404),
        ("GET", "/signers/nobody", None, 404),
        ("POST", "/tokens", {"file": "AA==", "key": "xyz"}, 400),
        ("POST", "/tokens", {"file": "AA==", "key": "00", "passphrase": "x"}, 400),
        ("GET", "/approve", None, 404),
        ("PUT", "/clients", {"name": "x"}, 405),
    ],
)
def test_a_bad_call_gets_an_error_in_words(door: OperatorDoor, method: str, path: str, body: Any, status: int) -> None:
    told = door.call(method, path, body)
    assert told.status == status
    assert told.value["error"]


def test_a_form_of_another_page_is_no_call(door: OperatorDoor) -> None:
    """A browser that holds the operator's certificate sends such without asking; JSON it does not."""
    assert door.call("POST", "/clients", b'{"name":"x"}', Content_Type="text/plain").status == 400


def test_the_door_is_its_owners_alone_and_not_the_publics(stack: Stack, door: OperatorDoor) -> None:
    assert stat.S_IMODE(door.socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(door.socket.parent.stat().st_mode) == 0o700
    for call in CALLS:
        assert stack.http.request(call.method, f"/operator/v1{call.path}", json={}).status_code == 404


def test_a_socket_that_a_crash_has_left_is_replaced_and_taken_away(stack: Stack, tmp_path: Path) -> None:
    place = tmp_path / "o" / "operator.sock"
    for crash in (True, False):
        with operator_door(stack, NATSUIN_OPERATOR_LISTEN=f"unix:{place}") as opened:
            assert ask(SocketConnection(place), "GET", "/clients").status == 200
            if crash:
                opened.process.kill()
                opened.process.wait(20)
        assert place.is_socket() == crash


def test_over_tcp_an_operator_shows_a_certificate(stack: Stack, tmp_path: Path) -> None:
    """Nobody is answered without; the record names its subject."""
    ours, theirs = Authority(tmp_path, "door"), Authority(tmp_path, "operators")
    certificate, key = ours.issue("server")
    port = free_ports(1)
    settings = {
        "NATSUIN_OPERATOR_LISTEN": f"127.0.0.1:{port}",
        "NATSUIN_OPERATOR_TLS_CERTIFICATE": str(certificate),
        "NATSUIN_OPERATOR_TLS_KEY": str(key),
        "NATSUIN_OPERATOR_TLS_CLIENT_CA": str(theirs.path),
    }

    def call(shown: tuple[Path, Path] | None, method: str, path: str, body: Any = None) -> Told:
        context = ssl.create_default_context(cafile=ours.path)
        if shown is not None:
            context.load_cert_chain(*shown)
        return ask(http.client.HTTPSConnection("localhost", port, timeout=20, context=context), method, path, body)

    with operator_door(stack, **settings):
        name = f"Over TCP {os.urandom(4).hex()}"
        for stranger in (None, ours.issue("stranger")):
            with pytest.raises((ssl.SSLError, OSError)):
                call(stranger, "POST", "/clients", {"name": name})
        hanako = theirs.issue("hanako")
        assert call(hanako, "POST", "/clients", {"name": name}).status == 200
        (act,) = [one for one in call(hanako, "GET", "/acts").value if one["subject"] == name]
        assert act["way"] == "tls"
        assert act["who"].startswith("commonName=hanako (serial ")
