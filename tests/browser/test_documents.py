"""See what you sign: the phone shows the document, compares it itself, and only then says so; a swapped one ends approving."""

import hashlib
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace as replace_fields
from playwright.sync_api import Dialog, FrameLocator, Route, expect

from demo.passkey import from_base64url, to_base64url
from tests.browser.conftest import Person
from tests.browser.phone import Phone
from tests.flow.test_documents import moved, names_its_range_twice, names_no_range, names_two_ranges, with_hole
from tests.flow.wire import authorize_body, b64
from tests.harness.contents import Prepared, pdf, text
from tests.harness.stack import SHA256, Application, Stack
from tests.hsm.test_contents import DIGEST, STRANGE

SAME = "✓ This is the document being signed"
OPEN = "Open the document"


def asked_for(shop: Application, person: Person, *prepared: Prepared) -> str:
    """Have a person asked for signatures over files, and give the page's address."""
    fields: dict[str, Any] = {"documents": [one.field for one in prepared], "documentLabels": [f"File {n}" for n in range(len(prepared))]}
    hashes = [b64(one.digest) for one in prepared]
    answer = shop.post("credentials/authorize", authorize_body(person.credential_id, numSignatures=len(hashes), hashes=hashes, **fields))
    assert answer.status_code == 202, answer.text
    return str(answer.json()["approval_url"])


def opened(phone: Phone, address: str, number: int = 0) -> FrameLocator:
    """Open a document on the approval page, and give the frame of it."""
    phone.page.goto(address)
    phone.page.get_by_role("button", name=OPEN).nth(number).click()
    return phone.page.frame_locator("#pdf")


def test_a_pdf_is_seen_and_then_approved(phone: Phone, shop: Application, taro: Person) -> None:
    """Its pages are drawn in a frame without an origin; the page says that it is the one, and approves."""
    address = asked_for(shop, taro, pdf(pages=3))
    frame = opened(phone, address)
    expect(phone.page.locator("#document-say")).to_have_text(SAME)
    expect(frame.locator("canvas").first).to_be_visible()
    expect(frame.locator(".page")).to_have_count(3)
    expect(frame.locator("#page")).to_have_text("Page 1 of 3")
    expect(frame.locator(".page p").first).to_contain_text("Building contract AK-2026-118")
    assert frame.locator("canvas").first.evaluate("canvas => self.origin") == "null"
    assert frame.locator("canvas").first.evaluate(
        "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(value => value < 100)"
    )
    width = frame.locator(".page").first.evaluate("page => page.clientWidth")
    frame.get_by_role("button", name="Larger").click()
    assert frame.locator(".page").first.evaluate("page => page.clientWidth") > width
    phone.page.get_by_role("button", name="Close").click()
    expect(phone.page.locator("#seen-0")).to_have_text(SAME)
    phone.tap("Approve")
    phone.shows("Approved")


def test_a_text_is_seen_with_what_would_hide_in_it(phone: Phone, shop: Application, taro: Person) -> None:
    """Signs that turn or hide others are named."""
    opened(phone, asked_for(shop, taro, text("Pay 100\u202e001\u200b yen\r\n<b>now</b>\n")))
    expect(phone.page.locator("#document-say")).to_have_text(SAME)
    assert phone.page.locator("#text").text_content() == "Pay 100[U+202E]001[U+200B] yen\n<b>now</b>\n"


def test_of_several_each_is_opened_by_itself(phone: Phone, shop: Application, taro: Person) -> None:
    """All are listed, those in the rest too; each says for itself whether it was seen, and the last one being another ends approving."""
    files = [text(f"Page {number}\n") for number in range(7)]
    address = asked_for(shop, taro, *files)
    phone.page.goto(address)
    expect(phone.page.locator("ol.documents > li")).to_have_count(7)
    phone.page.get_by_text("Show all 7 documents").click()
    for number in (0, 5):
        phone.page.get_by_role("button", name=OPEN).nth(number).click()
        expect(phone.page.locator("#text")).to_have_text(f"Page {number}\n", use_inner_text=False)
        phone.tap("Close")
    seen = [phone.page.locator(f"#seen-{number}").inner_text() for number in range(7)]
    assert seen == [SAME, "", "", "", "", SAME, ""]
    phone.page.route("**/documents/6", lambda route: route.fulfill(status=200, body=files[5].file))
    phone.page.get_by_role("button", name=OPEN).nth(6).click()
    expect(phone.page.locator("#seen-6")).to_contain_text("This is not the document that would be signed")
    expect(phone.page.get_by_role("button", name="Approve")).to_have_count(0)


def swap_file(route: Route) -> None:
    route.fulfill(status=200, body=pdf("BT (Another contract) Tj ET").file)


def swap_byte(route: Route) -> None:
    content = route.fetch().body()
    route.fulfill(status=200, body=content.replace(b"AK-2026-118", b"AK-2026-119"))


def fill_hole(route: Route) -> None:
    content = route.fetch().body()
    route.fulfill(status=200, body=content.replace(b"/Contents <000", b"/Contents <30>"))


def change_transaction(route: Route) -> None:
    """Say of the right file what is not what the passkey will sign."""
    if "json" not in route.request.headers.get("accept", ""):
        return route.continue_()
    page = route.fetch().json()
    raw = from_base64url(page["transaction"]).replace(b"File 0", b"File 1")
    return route.fulfill(json=page | {"transaction": to_base64url(raw)})


@pytest.mark.parametrize("swap", [swap_file, swap_byte, fill_hole, change_transaction])
def test_a_swapped_document_ends_approving(phone: Phone, shop: Application, taro: Person, swap: Any) -> None:
    """Nothing of it is shown, nothing approves any more, and declining works."""
    address = asked_for(shop, taro, pdf())
    sent: list[str] = []
    phone.page.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)
    phone.page.route(address if swap is change_transaction else f"{address}/documents/0", swap)
    phone.page.goto(address)
    approve = phone.page.get_by_role("button", name="Approve").element_handle()
    phone.tap(OPEN)
    expect(phone.page.locator("#say")).to_contain_text("This is not the document that would be signed")
    expect(phone.page.get_by_role("button", name="Approve")).to_have_count(0)
    expect(phone.page.locator("#pdf")).to_be_hidden()
    approve.evaluate("button => button.click()")  # taken off the page, and dead all the same
    phone.can_tap("Decline")
    assert sent == []
    phone.tap("Decline")
    phone.shows("Declined")


GOOD = pdf()
STEPS: dict[str, Prepared] = {
    "another file": replace(GOOD, file=GOOD.file.replace(b"AK-2026-118", b"AK-2026-119")),
    "another file's attributes": replace(GOOD, signed_attributes=pdf("x").signed_attributes),
    "no attributes": replace(GOOD, signed_attributes=None),
    "one byte more": replace(GOOD, file=GOOD.file + b"\n"),
    "something in the hole": with_hole(b"<00> /Contents2 (x) <" + b"0" * 40 + b">"),
    "a line end after the hole": with_hole(b"<" + b"0" * 64 + b">\n"),
    "the hole elsewhere": moved(8),
    "no range": names_no_range(),
    "its range twice": names_its_range_twice(),
    "two ranges": names_two_ranges(),
    **{f"attributes: {name}": replace(GOOD, signed_attributes=der) for name, der in STRANGE.items()},
}


def test_each_step_from_file_to_hash_is_checked_on_the_phone(phone: Phone, stack: Stack) -> None:
    """By the module that the page uses, in the browser: what is good passes, and each wrong step alone is a difference."""
    phone.page.goto(f"{stack.origin}/sign-in")
    source = phone.page.evaluate("document.querySelector('script[type=module]').src").rsplit("/", 1)[0]
    check = """async ([source, file, document, algorithm]) => {
        const { requireSame } = await import(`${source}/document-check.js`);
        const bytes = Uint8Array.from(atob(file), (character) => character.charCodeAt(0));
        return await requireSame(bytes, document, algorithm).then(() => "same", (problem) => problem.constructor.name);
    }"""

    def found(file: bytes, document: Any, algorithm: str = SHA256) -> str:
        return str(phone.page.evaluate(check, [source, b64(file), msgspec.to_builtins(document), algorithm]))

    assert hashlib.sha256(GOOD.covered).digest() == DIGEST  # strange attributes are strange in one thing only
    said = GOOD.document()
    assert said.content is not None
    assert found(GOOD.file, said) == found(text().file, text().document()) == "same"
    wrong = {name: found(one.file, one.document()) for name, one in STEPS.items()}
    wrong["another digest"] = found(GOOD.file, replace_fields(said, content=replace_fields(said.content, digest=bytes(32))))
    wrong["another hash"] = found(GOOD.file, replace_fields(said, hash=bytes(32)))
    wrong["a text and another hash"] = found(text().file, replace_fields(text().document(), hash=bytes(32)))
    wrong["another algorithm"] = found(GOOD.file, said, "2.16.840.1.101.3.4.2.2")
    wrong["an algorithm that nobody knows"] = found(GOOD.file, said, "1.3.14.3.2.26")
    assert {name for name, problem in wrong.items() if problem != "Different"} == set()


SCRIPT = (
    "app.alert('run'); this.submitForm('http://127.0.0.1:9/out'); "
    "app.launchURL('http://127.0.0.1:9/out'); globalThis.ran = 1; parent.ran = 1"
)
LINK = "50 0 obj\n<< /Type /Annot /Subtype /Link /Rect [0 0 595 842] /A << /S /URI /URI (http://127.0.0.1:9/out) >> >>\nendobj\n"
HOSTILE: dict[str, dict[str, Any]] = {
    "JavaScript when opened": {"catalog": f"/OpenAction << /S /JavaScript /JS ({SCRIPT}) >>"},
    "JavaScript of the document": {"catalog": f"/Names << /JavaScript << /Names [(a) << /S /JavaScript /JS ({SCRIPT}) >>] >> >>"},
    "JavaScript of a page": {"page": f"/AA << /O << /S /JavaScript /JS ({SCRIPT}) >> >>"},
    "a link over the page": {"page": "/Annots [50 0 R]", "extra": LINK},
    "a program to launch": {"catalog": "/OpenAction << /S /Launch /F (http://127.0.0.1:9/out) >>"},
    "a form to submit": {"catalog": "/OpenAction << /S /SubmitForm /F (http://127.0.0.1:9/out) >>"},
    "an embedded file": {
        "catalog": "/Names << /EmbeddedFiles << /Names [(x.html) 50 0 R] >> >>",
        "extra": "50 0 obj\n<< /Type /Filespec /F (x.html) /EF << /F 51 0 R >> >>\nendobj\n"
        "51 0 obj\n<< /Length 32 >>\nstream\n<script>parent.ran = 1</script> \nendstream\nendobj\n",
    },
    "a font matrix with code in it (CVE-2024-4367)": {
        "page": "/Resources << /Font << /F1 50 0 R >> >>",
        "extra": "50 0 obj\n<< /Type /Font /Subtype /Type1 /BaseFont /X /FontMatrix [1 2 3 4 5 (1\\); parent.ran = 1; //)] >>\nendobj\n",
    },
    "a page of another document to go to": {"catalog": "/OpenAction << /S /GoToR /F (http://127.0.0.1:9/out) /D [0 /Fit] >>"},
    "a form that runs and sends, and one in XML (XFA)": {
        "catalog": "/AcroForm << /Fields [50 0 R] /NeedAppearances true /XFA 51 0 R /CO [50 0 R] >>",
        "page": "/Annots [50 0 R]",
        "extra": "50 0 obj\n<< /Type /Annot /Subtype /Widget /FT /Btn /T (go) /Ff 65536 /Rect [0 0 595 842] /F 4 "
        f"/A << /S /SubmitForm /F (http://127.0.0.1:9/out) >> /AA << /E << /S /JavaScript /JS ({SCRIPT}) >> >> >>\nendobj\n"
        "51 0 obj\n<< /Length 68 >>\nstream\n<xdp:xdp xmlns:xdp='x'><script>parent.ran = 1</script></xdp:xdp>     \nendstream\nendobj\n",
    },
    "a film, a sound and a file that open": {
        "page": "/Annots [50 0 R 51 0 R 52 0 R]",
        "extra": "50 0 obj\n<< /Type /Annot /Subtype /RichMedia /Rect [0 0 9 9] /RichMediaSettings << /Activation << /Condition /PV >> >> "
        "/RichMediaContent << /Assets << /Names [(x) << /Type /Filespec /FS /URL /F (http://127.0.0.1:9/out) >>] >> >> >>\nendobj\n"
        "51 0 obj\n<< /Type /Annot /Subtype /Movie /Rect [0 0 9 9] /Movie << /F << /FS /URL /F (http://127.0.0.1:9/out) >> >> >>\nendobj\n"
        "52 0 obj\n<< /Type /Annot /Subtype /FileAttachment /Rect [0 0 595 842] /FS << /F (x.html) /EF << /F 53 0 R >> >> >>\nendobj\n"
        "53 0 obj\n<< /Length 32 >>\nstream\n<script>parent.ran = 1</script> \nendstream\nendobj\n",
    },
    "an image from elsewhere": {
        "page": "/Resources << /XObject << /I 50 0 R >> /Font << /F1 4 0 R >> >>",
        "extra": "50 0 obj\n<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /FFilter /DCTDecode "
        "/F << /FS /URL /F (http://127.0.0.1:9/out) >> /Length 0 >>\nstream\n\nendstream\nendobj\n",
    },
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_pdf_runs_nothing_and_asks_nobody(phone: Phone, shop: Application, taro: Person, case: str) -> None:
    """It is shown; no request goes anywhere but to the viewer's own files, no dialog comes, and a tap on it does nothing."""
    requests: list[str] = []
    dialogs: list[str] = []
    address = asked_for(shop, taro, pdf(**HOSTILE[case]))

    def note(one: Dialog) -> None:
        dialogs.append(one.message)
        one.dismiss()

    phone.page.on("dialog", note)
    phone.page.context.on("request", lambda one: requests.append(one.url))
    frame = opened(phone, address)
    expect(phone.page.locator("#document-say")).to_contain_text(SAME)
    frame.locator(".page").first.click(position={"x": 50, "y": 50})
    assert phone.page.evaluate("globalThis.ran") is None
    assert frame.locator("body").evaluate("() => globalThis.ran") is None
    origin = address.split("/approve/")[0]
    after = requests[[one.endswith("/documents/0") for one in requests].index(True) + 1 :]
    assert all(one.startswith((f"{origin}/static/", "blob:")) for one in after), after
    assert phone.page.url == address
    assert len(phone.page.context.pages) == 1
    assert dialogs == []


BROKEN = {
    "nothing but a head": Prepared(b"%PDF-1.7\n", "application/pdf"),
    "noise": Prepared(b"%PDF-1.7\n" + bytes(range(256)) * 400, "application/pdf"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_cannot_be_shown_is_said_to_be_so(phone: Phone, shop: Application, taro: Person, case: str) -> None:
    """The file is the one, and nobody says that it was seen."""
    opened(phone, asked_for(shop, taro, BROKEN[case]))
    expect(phone.page.locator("#document-say")).to_have_text("This is the document being signed, but it cannot be shown here")
    expect(phone.page.locator("#seen-0")).to_have_class("chip warn")
