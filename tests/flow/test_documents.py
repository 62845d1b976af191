"""Documents that a signer can open: each check at the door, who gets them, how they are kept, and that nothing is left at the end."""

import base64
import hashlib
import os
import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.flow.browser import Browse, Browser, link_of
from tests.flow.parties import new_application
from tests.flow.polls import wait_until
from tests.flow.records import Records
from tests.flow.wire import ABSENT, authorize_body, b64, error_of
from tests.harness.contents import Prepared, attributes, pdf, text
from tests.harness.signer import Signer
from tests.harness.stack import Application, Stack

WHERE = "Invalid parameter documents[0]: "
OTHER = b64(hashlib.sha256(b"other").digest())
PDF, TEXT = pdf(), text()
assert PDF.byte_range is not None
_, BEFORE, AFTER, REST = PDF.byte_range
HEAD, TAIL = PDF.file[:BEFORE], PDF.file[AFTER:]


def body(credential_id: str, *prepared: Prepared, **changes: Any) -> dict[str, Any]:
    """Compose a request with files."""
    fields = {
        "numSignatures": len(prepared),
        "hashes": [b64(one.digest) for one in prepared],
        "documents": [one.field for one in prepared],
    }
    return authorize_body(credential_id, **fields | changes)


def ask(shop: Application, credential_id: str, *prepared: Prepared) -> str:
    """Have a signer asked, and give the handle."""
    answer = shop.post("credentials/authorize", body(credential_id, *prepared))
    assert answer.status_code == 202, answer.text
    return str(answer.json()["handle"])


def with_hole(hole: bytes) -> Prepared:
    """Have something else in the hole, which no digest is of."""
    return replace(PDF, file=HEAD + hole + TAIL, byte_range=(0, BEFORE, BEFORE + len(hole), REST))


def signed_anew(file: bytes, byte_range: tuple[int, int, int, int]) -> Prepared:
    """Have a file and range whose digest the signed attributes hold."""
    new = Prepared(file, "application/pdf", byte_range)
    return replace(new, signed_attributes=attributes(hashlib.sha256(new.covered).digest()))


def moved(by: int) -> Prepared:
    """The same covered bytes, and so the same digest, with the hole elsewhere."""
    covered = HEAD + TAIL
    at = BEFORE - by
    return replace(PDF, file=covered[:at] + PDF.file[BEFORE:AFTER] + covered[at:], byte_range=(0, at, at + AFTER - BEFORE, REST + by))


def names_two_ranges() -> Prepared:
    """A file that names a second range, to be put around another hole later."""
    return pdf(extra="50 0 obj\n<< /ByteRange [0 2000 3000 400] >>\nendobj\n")


def names_no_range() -> Prepared:
    """A file that leaves it open where its hole is."""
    assert PDF.byte_range is not None
    return signed_anew(PDF.file.replace(b"/ByteRange", b"/BiteRange"), PDF.byte_range)


def names_its_range_twice() -> Prepared:
    """A file of which a reader may take the one, or the other, for its signature."""
    open_places = "[0 0000000000 0000000000 0000000000]"
    made = pdf(extra=f"50 0 obj\n<< /ByteRange {open_places} >>\nendobj\n")
    assert made.byte_range is not None
    return signed_anew(made.file.replace(open_places.encode(), b"[0 %010d %010d %010d]" % made.byte_range[1:]), made.byte_range)


REFUSALS: dict[str, tuple[Callable[[], Prepared | dict[str, Any]], str]] = {
    "another file": (
        lambda: replace(PDF, file=HEAD.replace(b"AK-2026-118", b"AK-2026-119") + PDF.file[BEFORE:]),
        "messageDigest is not the digest",
    ),
    "one byte more before the end": (lambda: replace(PDF, file=PDF.file + b"\n"), "to the end of the file"),
    "attributes of another file": (
        lambda: {"signedAttributes": b64(attributes(hashlib.sha256(b"x").digest()))},
        "messageDigest is not the digest",
    ),
    "another hash": (lambda: {"hash": OTHER}, "the hash is not the digest of signedAttributes"),
    "attributes that are not in DER": (lambda: {"signedAttributes": b64(b"\x31\x80\x00\x00")}, "signedAttributes: "),
    "attributes of another content type": (
        lambda: replace(PDF, signed_attributes=attributes(hashlib.sha256(PDF.covered).digest(), "enveloped_data")),
        "contentType is not id-data",
    ),
    "no attributes": (lambda: {"signedAttributes": ABSENT}, "byteRange is for a PDF with signedAttributes"),
    "no byte range": (lambda: {"byteRange": ABSENT}, "messageDigest is not the digest"),
    "a byte range of text": (lambda: {"byteRange": ["0", "1", "2", "3"]}, "byteRange is not"),
    "a byte range of three": (lambda: {"byteRange": [0, 1, 2]}, "byteRange is not"),
    "a byte range of truths": (lambda: {"byteRange": [False, BEFORE, AFTER, REST]}, "byteRange is not"),
    "a byte range over the end": (lambda: {"byteRange": [0, BEFORE, AFTER, REST + 1]}, "byteRange is not"),
    "a byte range before the beginning": (lambda: {"byteRange": [0, -5, AFTER, REST]}, "byteRange is not"),
    "something in the hole": (lambda: with_hole(b"<00> /Contents2 (x) <" + b"0" * 40 + b">"), "the hole must be <, zeros, >"),
    "a signature in the hole": (lambda: with_hole(b"<" + b"3082" * 10 + b">"), "the hole must be <, zeros, >"),
    "a hole without brackets": (lambda: signed_anew(PDF.file, (0, BEFORE + 1, AFTER - 1, REST + 1)), "the hole must be <, zeros, >"),
    "a line end after the hole": (lambda: with_hole(b"<" + b"0" * 64 + b">\n"), "the hole must be <, zeros, >"),
    "the hole elsewhere": (lambda: moved(8), "the file must name this byteRange"),
    "no range": (names_no_range, "the file must name this byteRange"),
    "its range twice": (names_its_range_twice, "the file must name this byteRange"),
    "two ranges": (names_two_ranges, "the file must name this byteRange"),
    "a PDF that is none": (lambda: replace(TEXT, media_type="application/pdf"), "the file is not a PDF"),
    "a text that is not in UTF-8": (lambda: Prepared(b"\xff\xfe", "text/plain"), "a text must be in UTF-8"),
    "a text and another hash": (
        lambda: {**TEXT.field, "hash": OTHER, "byteRange": ABSENT, "signedAttributes": ABSENT},
        "the hash is not the digest of the content",
    ),
    "another type": (lambda: replace(TEXT, media_type="text/html"), "mediaType must be"),
    "no type": (lambda: {"mediaType": ABSENT}, "mediaType must be"),
    "no content": (lambda: {"content": ABSENT}, "content must be in base64"),
    "content that is not base64": (lambda: {"content": "%PDF-1.7"}, "content must be in base64"),
    "empty content": (lambda: {"content": ""}, "content must be in base64"),
    "content that is a number": (lambda: {"content": 5}, "content must be in base64"),
    "a field that nobody knows": (lambda: {"url": "https://elsewhere.example/contract.pdf"}, "an object of"),
    "more than 10 MB": (lambda: text("x" * 10_000_001), "a file may have 10000000 bytes"),
    "long attributes": (lambda: {"signedAttributes": b64(bytes(4_001))}, "signedAttributes at most 4000 bytes"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_does_not_lead_to_its_hash_is_refused_and_nothing_is_kept(
    shop: Application, taro: Signer, records: Records, case: str
) -> None:
    """With a sentence that says which document and why."""
    make, why = REFUSALS[case]
    made = make()
    if isinstance(made, Prepared):
        asked = body(taro.credential_id, made)
    else:
        digest = made.pop("hash", b64(PDF.digest))
        field = {name: value for name, value in (PDF.field | made).items() if value is not ABSENT}
        asked = body(taro.credential_id, PDF, documents=[field], hashes=[digest])
    before = (records.authorizations(), records.one("SELECT count(*) FROM documents"))
    status, error, description = error_of(shop.post("credentials/authorize", asked))
    assert (status, error) == (400, "invalid_request")
    assert description.startswith(WHERE)
    assert why in description
    assert (records.authorizations(), records.one("SELECT count(*) FROM documents")) == before


@pytest.mark.parametrize("given", [[], [None, None], {}, "x", 5, ["x"], [[]]], ids=repr)
def test_documents_are_one_for_each_hash(shop: Application, taro: Signer, given: object) -> None:
    """Fewer, more, or something else is refused."""
    status, _, description = error_of(shop.post("credentials/authorize", body(taro.credential_id, TEXT, documents=given)))
    assert (status, description.startswith("Invalid parameter documents")) == (400, True)


def test_all_files_together_are_bounded(shop: Application, taro: Signer) -> None:
    """Three of 6.7 megabytes are more than twenty."""
    one = text("x" * 6_700_000)
    words = error_of(shop.post("credentials/authorize", body(taro.credential_id, one, one, one)))[2]
    assert words == "Invalid parameter documents: together they may have 20000000 bytes"


def test_all_attributes_together_are_bounded(shop: Application, taro: Signer) -> None:
    """What is said of a hundred documents fits into one transaction, or is refused in words."""
    value = b"\x04\x82\x03\x00" + bytes(0x300)
    values = b"\x31\x82" + len(value).to_bytes(2) + value
    further = b"\x30\x82" + (5 + len(values)).to_bytes(2) + b"\x06\x03\x2a\x03\x04" + values
    members = attributes(hashlib.sha256(b"x").digest())[2:] + further
    one = Prepared(b"x", "text/plain", None, b"\x31\x82" + len(members).to_bytes(2) + members)
    words = error_of(shop.post("credentials/authorize", body(taro.credential_id, *[one] * 100)))[2]
    assert words == "Invalid parameter documents: all signedAttributes together may have 75000 bytes"


def test_the_signer_gets_the_very_bytes_and_nobody_else_does(
    stack: Stack, shop: Application, taro: Signer, hanako: Signer, taros_browser: Browser, browse: Browse
) -> None:
    """As bytes that no browser opens by itself, and the page says how many; a stranger, somebody else and other positions get nothing."""
    large = text("0123456789" * 29_170)
    handle = ask(shop, taro.credential_id, PDF, TEXT, large)
    assert re.findall("[0-9.]+ [kM]B", taros_browser.get(f"/approve/{handle}").text) == ["1 kB", "1 kB", "292 kB"]
    for position, one in enumerate((PDF, TEXT, large)):
        answer = taros_browser.get(f"/approve/{handle}/documents/{position}")
        assert answer.content == one.file
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"] == "attachment"
        assert answer.headers["cache-control"] == "no-store"
    for nowhere in ("3", "-1", "01x", "9999", "²"):
        assert taros_browser.get(f"/approve/{handle}/documents/{nowhere}").status_code == 404
    assert browse(stack, hanako.passkey).signed_in().get(f"/approve/{handle}/documents/0").status_code == 404
    assert stack.http.get(f"/approve/{handle}/documents/0", headers={"Accept": "application/json"}).status_code == 401


def test_the_transaction_says_what_was_sent(shop: Application, taro: Signer, taros_browser: Browser) -> None:
    """For each hash how the file leads to it, and nothing where the application keeps the file to itself."""
    hashes = [b64(PDF.digest), OTHER]
    asked = body(taro.credential_id, PDF, documents=[PDF.field, None], hashes=hashes, numSignatures=2)
    handle = shop.post("credentials/authorize", asked).json()["handle"]
    first, second = taros_browser.transaction(handle)["documents"]
    assert second == {"hash": OTHER, "label": ""}
    assert first["content"] == {
        "media_type": "application/pdf",
        "digest": b64(hashlib.sha256(PDF.covered).digest()),
        "byte_range": list(PDF.byte_range or ()),
        "signed_attributes": b64(PDF.signed_attributes or b""),
    }
    assert taros_browser.approve(handle).status_code == 200


def test_nothing_readable_is_on_the_disk(stack: Stack, shop: Application, taro: Signer) -> None:
    """Not in the database, its log, Redis or what the servers print: only under a key that its owner alone reads."""
    secret = os.urandom(12).hex()
    ask(shop, taro.credential_id, text(secret * 20), pdf(f"BT ({secret}) Tj ET"))
    key = stack.data / "app" / "document.key"
    assert key.stat().st_mode & 0o777 == 0o600
    for file in (one for one in stack.data.rglob("*") if one.is_file()):
        content = file.read_bytes()
        assert secret.encode() not in content, file
        assert base64.b64encode(secret.encode() * 3)[:-4] not in content, file
    assert secret not in "".join(stack.log(name) for name in stack.processes)


ENDS: dict[str, Callable[[Browser, str, Records], object]] = {
    "approved": lambda browser, handle, _: browser.approve(handle),
    "declined": lambda browser, handle, _: browser.refuse(handle),
    "expired, and somebody looks": lambda browser, handle, records: [_expire(records, handle), browser.look(handle)],
    "expired, and nobody looks": lambda _, handle, records: _expire(records, handle),
}


def _expire(records: Records, handle: str) -> str:
    records.change("UPDATE authorizations SET expires = ? WHERE id = ?", int(time.time()) - 1, handle)
    return handle


@pytest.mark.parametrize("end", ENDS)
def test_nothing_is_left_at_the_end(shop: Application, taro: Signer, taros_browser: Browser, records: Records, end: str) -> None:
    """However it ends, the rows are gone and the addresses with them."""
    handle = ask(shop, taro.credential_id, PDF, TEXT)
    count = "SELECT count(*) FROM documents WHERE authorization_id = ?"
    assert records.one(count, handle) == 2
    ENDS[end](taros_browser, handle, records)
    wait_until(lambda: records.one(count, handle) == 0)
    assert taros_browser.get(f"/approve/{handle}/documents/0").status_code == 404


def test_nothing_is_left_of_an_application_that_was_removed(stack: Stack, taro: Signer, taros_browser: Browser, records: Records) -> None:
    """At once; and its request, which nobody could collect, is withdrawn, at the SAM too."""
    shop = new_application(stack)
    handle = ask(shop, taro.credential_id, PDF, TEXT)
    answer = taros_browser.assertion(handle)
    stack.natsuin("client", "remove", shop.client_id)
    assert records.one("SELECT count(*) FROM documents WHERE authorization_id = ?", handle) == 0
    wait_until(lambda: records.state(handle) == "cancelled")
    assert "The request was withdrawn" in taros_browser.get(f"/approve/{handle}", Accept_Language="en").text
    late = taros_browser.post(f"/approve/{handle}", {"credential": answer, "code": None})
    assert (late.status_code, late.json()["state"]) == (409, "cancelled")
    reason = records.one_of_sam("SELECT reason FROM approvals WHERE authorization_id = ?", handle)
    assert reason == "cancelled"


def test_documents_go_by_their_time_even_while_the_sam_is_away(fragile: Stack, browse: Browse) -> None:
    """Whose end nobody can record, because nobody can ask the SAM, shows nothing and keeps nothing."""
    shop, records = fragile.application(), Records(fragile)
    browser = browse(fragile)
    assert browser.register(link_of(fragile.enrollment_url())).status_code == 200
    (credential_id,) = (one["credential_id"] for one in browser.own()["keys"])
    handle = ask(shop, credential_id, PDF)
    fragile.kill("sam")
    _expire(records, handle)
    assert browser.get(f"/approve/{handle}/documents/0").status_code == 404
    wait_until(lambda: records.one("SELECT count(*) FROM documents") == 0)
    assert records.state(handle) == "pending"
