"""The signed statement: what a signer downloads tells of each authorization, and anyone can check it without the service."""

import base64
import io
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import msgspec
import pypdf
import pytest
from typer.testing import CliRunner

from app.cli.main import commands
from app.errors import StatementRefused
from app.statement.entries import Reading
from app.statement.proof import root_from
from demo.passkey import Defects, from_base64url, to_base64url
from hsm.messages import SignTransaction, Statement, challenge
from tests.flow.browser import Browse, Browser
from tests.flow.parties import Person, new_application
from tests.flow.receipts import signed_receipt
from tests.harness.stack import BIN, Application, Stack

DOCUMENT = "工事請負契約書.pdf"


class Told:
    """A person with a history: a receipt signed, a contract signed, one declined; and the statement of it."""

    def __init__(self, stack: Stack, browser: Browser, person: Person, shop: Application) -> None:
        self.stack, self.browser, self.person = stack, browser, person
        signed_receipt(browser)
        asked = [shop.authorize(person.credential_id, documentLabels=[DOCUMENT], description="契約") for _ in range(2)]
        self.signed, self.declined = (one["handle"] for one in asked)
        assert browser.approve(self.signed).status_code == 200
        assert shop.sign(person.credential_id, shop.sad(self.signed), asked[0]["hashes"]).status_code == 200
        assert browser.refuse(self.declined, "not_me").status_code == 200
        self.path = f"/history/statement/{person.credential_id}"
        self.pdf = bytes(browser.get(self.path).content)
        self.json = bytes(browser.get(self.path, Accept="application/json").content)
        findings = stack.natsuin("doctor")["findings"]
        self.key = next(one["state"] for one in findings if one["part"] == "statement key")


@pytest.fixture(scope="module")
def told(stack: Stack) -> Iterator[Told]:
    person = Person(stack)
    with closing(Browser(stack, person.passkey)) as browser:
        yield Told(stack, browser.signed_in(), person, new_application(stack))


def verify(content: bytes, folder: Path, key: str) -> tuple[int, Any]:
    """Check a file with the command."""
    file = folder / os.urandom(4).hex()
    file.write_bytes(content)
    done = CliRunner().invoke(commands, ["statement", "verify", str(file), "--key", key, "--json"])
    return done.exit_code, json.loads(done.stdout)


def test_statement_tells_each_authorization_with_its_end(told: Told, tmp_path: Path) -> None:
    """From the PDF and from the JSON alike: who asked, for what, how it ended, and that the passkey's answer proves it."""
    for content in (told.pdf, told.json):
        status, said = verify(content, tmp_path, told.key)
        assert (status, said.get("valid"), said.get("whole")) == (0, True, True), said
        lines = {one["id"]: one for one in said["authorizations"]}
        assert len(lines) == 3
        assert said["origins"] == [told.stack.origin]
        signed, declined = lines[told.signed], lines[told.declined]
        assert (signed["state"], signed["proof"], signed["signatures"], signed["documents"]) == ("signed", "passkey", 1, [DOCUMENT])
        assert (declined["state"], declined["reason"], declined["proof"]) == ("refused", "not_me", "")
        (receipt,) = (one for one in lines.values() if one["id"] not in (told.signed, told.declined))
        assert (receipt["application"], receipt["state"]) == ("Natsuin", "signed")


def test_it_is_checked_without_the_service(told: Told, tmp_path: Path) -> None:
    """By a program of its own that has neither settings nor anything to ask."""
    (tmp_path / "statement.pdf").write_bytes(told.pdf)
    command = [str(BIN / "natsuin"), "statement", "verify", "statement.pdf", "--key", " ".join(told.key).upper()]
    bare = {"PATH": os.environ["PATH"], "NATSUIN_ORIGIN": "not an origin"}
    done = subprocess.run(command, env=bare, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert (done.returncode, DOCUMENT[:4] in done.stdout, "every entry is in its journal" in done.stdout) == (0, True, True), done


def taken(entries: list[bytes]) -> Reading:
    """Read all entries."""
    reading = Reading()
    for entry in entries:
        reading.take(entry)
    return reading


def entry_of(told: Told, event: str, subject: str) -> tuple[list[bytes], int]:
    """Give all entries, and the place of one."""
    found = entries_in(from_base64url(json.loads(told.json)["parts"][0]["payload"]))
    (place,) = (number for number, one in enumerate(found) if (json.loads(one)["event"], json.loads(one)["subject"]) == (event, subject))
    return found, place


@pytest.mark.parametrize(
    ("event", "field"),
    [
        ("approved", "transaction"),
        ("approved", "passkey"),
        ("approved", "passkey_public_key"),
        ("approved", "client_data"),
        ("approved", "authenticator_data"),
        ("approved", "signature"),
        ("sign_intended", "hashes"),
        ("signed", "signatures"),
    ],
)
def test_evidence_is_checked_whoever_signed_the_statement(told: Told, event: str, field: str) -> None:
    """One with another's evidence in it would not hold: here each part is the receipt's, in the contract's place."""
    found, place = entry_of(told, event, told.signed)
    other = next(json.loads(one) for one in found if json.loads(one)["event"] == event and json.loads(one)["subject"] != told.signed)
    changed = json.loads(found[place])
    if field in ("passkey", "passkey_public_key"):
        changed[field] = base64.b64encode(os.urandom(77)).decode()
    else:
        changed[field] = other[field] if other[field] != changed[field] else base64.b64encode(bytes(37)).decode()
    found[place] = json.dumps(changed).encode()
    with pytest.raises(StatementRefused):
        taken(found)


@pytest.mark.parametrize("defect", ["nothing", "another challenge", "no user verified", "no user present", "a page of another site"])
def test_what_the_passkey_itself_signed_is_looked_at(told: Told, defect: str) -> None:
    """The passkey's own signature over the wrong thing proves nothing; the same over the right thing does."""
    found, place = entry_of(told, "approved", told.signed)
    entry = json.loads(found[place])
    asked = os.urandom(32) if defect == "another challenge" else challenge(SignTransaction, base64.b64decode(entry["transaction"]))
    defects = {
        "no user verified": Defects(no_user_verified=True),
        "no user present": Defects(no_user_present=True),
        "a page of another site": Defects(cross_origin=True),
    }.get(defect, Defects())
    options = {"challenge": to_base64url(asked), "rpId": "localhost"}
    answer = told.person.passkey.get(options, told.stack.origin, defects=defects)["response"]
    names = {"client_data": "clientDataJSON", "authenticator_data": "authenticatorData", "signature": "signature"}
    entry |= {ours: base64.b64encode(from_base64url(answer[theirs])).decode() for ours, theirs in names.items()}
    found[place] = json.dumps(entry).encode()
    if defect == "nothing":
        assert taken(found).lines[told.signed].proof == "passkey"
    else:
        with pytest.raises(StatementRefused):
            taken(found)


def test_a_decision_under_another_name_is_refused(told: Told) -> None:
    """The journal's name for it and what was shown are one."""
    found, place = entry_of(told, "refused", told.declined)
    found[place] = json.dumps(json.loads(found[place]) | {"subject": "A" * 22}).encode()
    with pytest.raises(StatementRefused, match="another transaction"):
        taken(found)


def test_a_good_signature_over_other_hashes_is_refused(told: Told) -> None:
    """The contract's key has signed the receipt too; that signature, with its hash, is none of the contract."""
    found, place = entry_of(told, "sign_intended", told.signed)
    others = [json.loads(one) for one in found if json.loads(one)["subject"] != told.signed]
    intended = next(one for one in others if one["event"] == "sign_intended")
    made = next(one for one in others if one["event"] == "signed" and one["subject"] == intended["subject"])
    found[place] = json.dumps(intended | {"subject": told.signed}).encode()
    _, place = entry_of(told, "signed", told.signed)
    found[place] = json.dumps(made | {"subject": told.signed}).encode()
    with pytest.raises(StatementRefused, match="something else was signed"):
        taken(found)


def test_a_proof_leads_to_one_root_only(told: Told) -> None:
    """Another entry, another place or another path leads elsewhere, or nowhere."""
    payload = msgspec.json.decode(from_base64url(json.loads(told.json)["parts"][0]["payload"]), type=Statement)
    one, size = payload.entries[3], payload.tree.size
    assert root_from(one, size).hex() == payload.tree.root_sha256
    wrong = [
        msgspec.structs.replace(one, entry=one.entry + b" "),
        msgspec.structs.replace(one, number=one.number ^ 1),
        msgspec.structs.replace(one, path=one.path[1:]),
        msgspec.structs.replace(one, path=(*one.path, bytes(32))),
        msgspec.structs.replace(one, number=size),
    ]
    for forged in wrong:
        with suppress(StatementRefused):
            assert root_from(forged, size).hex() != payload.tree.root_sha256


def test_people_can_read_it(told: Told) -> None:
    """The PDF has the same in words."""
    reader = pypdf.PdfReader(io.BytesIO(told.pdf))
    text = "".join(page.extract_text() for page in reader.pages)
    for word in (DOCUMENT, "署名した", "心当たりがないと報告した", "署名の記録", told.signed, "山田 太郎"):
        assert word in text
    assert told.key[:4] in text
    assert list(reader.attachments) == ["statement.json"]


def test_another_key_is_not_believed(told: Told, tmp_path: Path) -> None:
    """The fingerprint is what is trusted; a key that is in the file is not."""
    status, said = verify(told.pdf, tmp_path, "0" * 64)
    assert status == 1
    assert "another key" in said["error"]


@pytest.mark.parametrize("change", ["entry", "path", "root", "left out", "total", "signature"])
def test_a_changed_statement_is_refused(told: Told, tmp_path: Path, change: str) -> None:
    """Whatever is changed of it, the signature is over all."""
    file = json.loads(told.json)
    part = file["parts"][0]
    payload = json.loads(from_base64url(part["payload"]))
    if change == "entry":
        payload["entries"][4]["entry"] = payload["entries"][3]["entry"]
    elif change == "path":
        payload["entries"][4]["path"] = payload["entries"][4]["path"][::-1]
    elif change == "root":
        payload["tree"]["root_sha256"] = "0" * 64
    elif change == "left out":
        del payload["entries"][-1]
    elif change == "total":
        payload["total"] -= 1
    else:
        part["signature"] = to_base64url(bytes(64))
    part["payload"] = to_base64url(msgspec.json.encode(payload, order="sorted"))
    status, said = verify(json.dumps(file).encode(), tmp_path, told.key)
    assert (status, "error" in said) == (1, True)


@pytest.mark.parametrize("content", [b"", b"{}", b"%PDF-1.7", b'{"parts":[]}', b'{"parts":[{}]}', b'{"parts":[7]}', b"\xff"])
def test_what_is_no_statement_is_refused(told: Told, tmp_path: Path, content: bytes) -> None:
    """With a sentence, never a traceback."""
    status, said = verify(content, tmp_path, told.key)
    assert (status, "error" in said) == (1, True)


def test_statement_is_its_signers(told: Told, browse: Browse, taro: Person) -> None:
    """Nobody else gets it; a place beyond its end is empty, and an odd one is the beginning."""
    assert browse(told.stack, taro.passkey).signed_in().get(told.path).status_code == 404
    assert browse(told.stack).get(told.path).status_code == 303
    assert told.browser.get(f"{told.path}?first=-1", Accept="application/json").status_code == 200
    assert told.browser.get(f"{told.path}?first=99999", Accept="application/json").json()["next"] is None
    assert told.browser.get(f"{told.path}?first=99999").status_code == 200
    assert told.browser.get("/history", Accept_Language="en").text.count("Download the statement") == 1


def test_statement_says_nothing_of_others(told: Told, taro: Person) -> None:
    """Hashes, at most."""
    payload = from_base64url(json.loads(told.json)["parts"][0]["payload"])
    text = payload + b"".join(entries_in(payload))
    for word in (taro.user_id, taro.credential_id):
        assert word.encode() not in text


def entries_in(payload: bytes) -> list[bytes]:
    return [msgspec.json.decode(json.dumps(one["entry"]).encode(), type=bytes) for one in json.loads(payload)["entries"]]
