"""The receipt: read, asked for, approved as any signature, and kept; at most one for a key, whoever is first."""

import base64
import hashlib
import io
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pypdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.domain.receipt import SERVICE_ID
from demo.phone.contents import Content, check_content
from tests.flow.browser import Browse, Browser
from tests.flow.later import worker_ahead
from tests.flow.parties import Person
from tests.flow.receipts import ask_for_receipt, document_of, receipt_of, signed_receipt, verdicts_on, wait_until, wait_until_signed
from tests.flow.records import Records
from tests.harness.stack import Application, Stack, running_stack


@pytest.fixture
def holder(stack: Stack) -> Person:
    """A new person with a key and no receipt."""
    return Person(stack)


@pytest.fixture
def own(stack: Stack, browse: Browse, holder: Person) -> Browser:
    """The new person's browser, signed in."""
    return browse(stack, holder.passkey).signed_in()


def opened(browser: Browser, handle: str) -> bytes:
    """Open the one document of a request as the phone without a screen does, which refuses any other than the one that will be signed."""
    file = browser.get(f"/approve/{handle}/documents/0")
    assert file.status_code == 200
    asked = browser.transaction(handle)
    document = asked["documents"][0]
    check_content(file.content, msgspec.convert(document["content"], Content), document["hash"], asked["hash_algorithm"])
    return bytes(file.content)


def activations_of(records: Records, credential_id: str) -> int:
    """Count what the SAM has signed with a key."""
    query = 'SELECT count(*) FROM journal WHERE CAST(entry AS TEXT) LIKE \'%"event":"sign_intended"%\' AND CAST(entry AS TEXT) LIKE ?'
    return int(records.one_of_sam(query, f"%{credential_id}%"))


def test_start_page_reminds_until_the_receipt_is_signed(own: Browser) -> None:
    """And the choice of a second way goes on to it, until then."""

    def stands() -> tuple[bool, str]:
        page = own.get("/", Accept_Language="en").text
        return "sign the receipt for your certificate" in page, str(own.get("/second-way", Accept="application/json").json()["next"])

    assert stands() == (True, "/receipt")
    signed_receipt(own)
    assert stands() == (False, "/")


def test_receipt_is_read_approved_signed_and_valid(stack: Stack, shop: Application, holder: Person, own: Browser) -> None:
    """What was read is the beginning of what is signed; it names key, certificate, passkey and person, and two validators accept it."""
    assert receipt_of(own) | {"state": "open", "approval": None, "signed_at": None} == receipt_of(own)
    read = document_of(own)
    assert pypdf.PdfReader(io.BytesIO(read)).get_fields() is None
    signed = signed_receipt(own)
    assert signed.startswith(read)
    assert [verdict.accepted for verdict in verdicts_on(stack, signed)] == [True, True], verdicts_on(stack, signed)
    info = shop.post("credentials/info", {"credentialID": holder.credential_id, "certInfo": True}).json()["cert"]
    certificate = x509.load_der_x509_certificate(base64.b64decode(info["certificates"][0]))
    key = hashlib.sha256(certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
    passkey = hashlib.sha256(holder.passkey.credential_id).hexdigest()[:16]
    text = "".join("".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(signed)).pages)
    for fact in (key, f"{certificate.serial_number:x}", passkey, "山田太郎", holder.user_id, "Natsuin", stack.origin, "受領書", "HSM"):
        assert fact.replace(" ", "") in text
    for name in (certificate.subject, certificate.issuer):
        assert name.rfc4514_string().replace(" ", "") in text


def test_metadata_says_what_it_is(own: Browser) -> None:
    """Title, author, subject, language."""
    reader = pypdf.PdfReader(io.BytesIO(document_of(own)))
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author, reader.metadata.creator) == ("受領書 / Receipt", "山田 太郎", "Natsuin")
    assert "Receipt of a certificate" in str(reader.metadata.subject)
    assert str(reader.root_object["/Lang"]) == "ja"


def test_receipt_goes_through_the_ordinary_approval(records: Records, own: Browser) -> None:
    """The service is the application; the phone opens and compares the document; the end offers it signed; it stands in the history."""
    handle = ask_for_receipt(own)
    asked = own.transaction(handle)
    assert (asked["application_id"], asked["application_name"], len(asked["documents"])) == (SERVICE_ID, "Natsuin", 1)
    assert receipt_of(own)["approval"] == f"/approve/{handle}"
    assert opened(own, handle).startswith(document_of(own))
    assert own.approve(handle).status_code == 200
    wait_until_signed(own)
    ended = own.get(f"/approve/{handle}", Accept_Language="en").text
    assert "Download the receipt" in ended
    assert receipt_of(own)["document"] in ended
    assert records.one("SELECT state FROM receipts WHERE authorization_id = ?", handle) == "signed"
    assert own.history()["entries"][0]["id"] == handle
    assert own.own()["keys"][0]["receipt"] == "signed"


@pytest.mark.parametrize("reason", ["declined", "expired"])
def test_receipt_that_came_to_nothing_may_be_asked_for_again(stack: Stack, records: Records, own: Browser, reason: str) -> None:
    """Declining, or time, ends that request only."""
    first = ask_for_receipt(own)
    if reason == "declined":
        assert own.refuse(first).status_code == 200
    else:
        records.change("UPDATE authorizations SET expires = ? WHERE id = ?", int(time.time()), first)
    assert receipt_of(own)["state"] == "open"
    second = ask_for_receipt(own)
    assert second != first
    assert own.approve(second).status_code == 200
    wait_until_signed(own)
    assert [verdict.accepted for verdict in verdicts_on(stack, document_of(own))] == [True, True]


def test_signed_receipt_stays(records: Records, holder: Person, own: Browser) -> None:
    """It is not asked for again, the document stays the same, and no SAD is left behind."""
    pdf = signed_receipt(own)
    again = own.post("/receipt", {"credential_id": holder.credential_id})
    assert (again.status_code, again.json()["error"], again.json()["state"]) == (409, "ended", "signed")
    assert document_of(own) == pdf
    assert records.one("SELECT sad FROM receipts WHERE credential_id = ?", holder.credential_id) is None
    assert activations_of(records, holder.credential_id) == 1


def test_of_many_taps_one_asks(records: Records, holder: Person, own: Browser) -> None:
    """All are led to the same approval."""
    before = records.authorizations()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: own.post("/receipt", {"credential_id": holder.credential_id}), range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert records.authorizations() == before + 1


@pytest.mark.parametrize("attempt", range(3))
def test_of_many_looks_one_signs(stack: Stack, records: Records, holder: Person, own: Browser, attempt: int) -> None:
    """Whoever looks first after the approval has it signed; there is one activation and one document."""
    assert own.approve(ask_for_receipt(own)).status_code == 200
    with ThreadPoolExecutor(8) as pool:
        states = list(pool.map(lambda _: receipt_of(own)["state"], range(8)))
    assert set(states) <= {"asked", "signed"}
    wait_until_signed(own)
    assert activations_of(records, holder.credential_id) == 1
    assert [verdict.accepted for verdict in verdicts_on(stack, document_of(own))] == [True, True]


def test_receipt_is_signed_though_nobody_looks(records: Records, holder: Person, own: Browser) -> None:
    """A worker finishes what a signer has approved before closing the page."""
    assert own.approve(ask_for_receipt(own)).status_code == 200
    wait_until(lambda: records.one("SELECT state FROM receipts WHERE credential_id = ?", holder.credential_id) == "signed")


def test_receipt_is_its_signers(stack: Stack, browse: Browse, taro: Person, own: Browser) -> None:
    """Another signer gets neither document nor approval, and nobody gets either without a session."""
    document, credential_id = receipt_of(own)["document"], receipt_of(own)["credential_id"]
    other = browse(stack, taro.passkey).signed_in()
    assert other.get(document).status_code == 404
    assert other.post("/receipt", {"credential_id": credential_id}).status_code == 404
    stranger = browse(stack)
    assert stranger.get(document).status_code == 303
    assert stranger.post("/receipt", {"credential_id": credential_id}).status_code == 401
    assert own.post("/receipt", {"credential_id": 7}).status_code == 400
    assert own.get(f"/receipt/{'A' * 22}/document").status_code == 404


def test_frozen_key_signs_no_receipt(own: Browser, records: Records, holder: Person) -> None:
    """Neither can it be approved where it was asked for before, nor is it asked for."""
    handle = ask_for_receipt(own)
    assert own.post("/freeze", {"for": "hour"}).status_code == 200
    assert own.approve(handle).json()["error"] == "key_unusable"
    assert own.refuse(handle).status_code == 200
    answer = own.post("/receipt", {"credential_id": holder.credential_id})
    assert (answer.status_code, answer.json()["error"]) == (400, "key_unusable")
    assert activations_of(records, holder.credential_id) == 0


def test_old_draft_gives_way_to_a_new_one(stack: Stack, browse: Browse, own: Browser) -> None:
    """What is signed says when it was made, so it is not made long before."""
    first = document_of(own)
    assert document_of(own) == first
    cookies = "; ".join(f"{name}={value}" for name, value in own.http.cookies.items())
    with worker_ahead(stack, 1_000) as later:
        path = receipt_of(own)["document"]
        second = later.get(path, headers={"Cookie": cookies}).content
    assert second.startswith(b"%PDF")
    assert second != first


def test_nobody_is_the_service(stack: Stack, own: Browser) -> None:
    """Its id opens no door of applications, is on no list, can't be removed, and nobody else can have its name."""
    ask_for_receipt(own)
    for secret in ("x", SERVICE_ID):
        answer = stack.http.post("/oauth2/token", data={"grant_type": "client_credentials"}, auth=(SERVICE_ID, secret))
        assert (answer.status_code, answer.json()["error_description"]) == (400, "Invalid parameter client_id")
    assert SERVICE_ID not in json.dumps(stack.natsuin("client", "list"))
    assert "error" in stack.natsuin("client", "remove", SERVICE_ID, expect=1)
    assert "service itself" in stack.natsuin("client", "add", "Natsuin", expect=1)["error"]


@pytest.fixture(scope="module")
def rsa_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that makes RSA keys."""
    with running_stack(tmp_path_factory.mktemp("rsa"), NATSUIN_KEY_ALGORITHM="rsa-2048") as made:
        yield made


def test_receipt_signed_with_rsa_is_valid(rsa_stack: Stack, browse: Browse) -> None:
    """RSA as well as P-256."""
    pdf = signed_receipt(browse(rsa_stack, Person(rsa_stack).passkey).signed_in())
    assert [verdict.accepted for verdict in verdicts_on(rsa_stack, pdf)] == [True, True], verdicts_on(rsa_stack, pdf)
