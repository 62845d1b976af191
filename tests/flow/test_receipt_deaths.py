"""A receipt while the web server or the SAM dies at each of its steps: it is signed at last, once, and the document is valid."""

import signal
from collections.abc import Iterator
from contextlib import suppress

import httpx2
import pytest

from tests.flow.browser import Browse, Browser
from tests.flow.parties import Person
from tests.flow.receipts import PATIENCE_S, document_of, receipt_of, verdicts_on, wait_until
from tests.flow.records import Records
from tests.harness.mortal import start_mortal
from tests.harness.stack import Stack, running_stack

DEATHS = [
    ("web", "after", "app.store.receipts:keep_draft"),
    ("web", "after", "app.store.receipts:ask"),
    ("web", "after", "app.receipt.ask:ask_signer"),
    ("sam", "after", "hsm.approval:ApproveReply"),
    ("web", "after", "app.receipt.finish:collect"),
    ("web", "before", "app.receipt.finish:sign"),
    ("sam", "before", "hsm.change:Change.spend"),
    ("sam", "after", "hsm.activation:verify"),
    ("sam", "after", "hsm.activation:ActivateReply"),
    ("web", "after", "app.sam:Sam.activate"),
    ("web", "before", "app.store.receipts:sign"),
    ("web", "after", "app.store.receipts:sign"),
]
LOST = "hsm.activation:verify"
"""Where the SAM dies between an approval's use and its outcome, nobody ever gets that signature, and the receipt is asked for anew."""


@pytest.fixture(scope="module")
def _mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("mortal")) as made:
        yield made


@pytest.fixture
def mortal(_mortal: Stack) -> Iterator[Stack]:
    """A stack whose parts die."""
    yield _mortal
    _mortal.mend()


@pytest.mark.parametrize(
    ("part", "when", "function"), DEATHS, ids=[f"{when}-{function.rpartition(':')[2]}" for _, when, function in DEATHS]
)
def test_receipt_is_signed_once_after_a_death(mortal: Stack, browse: Browse, part: str, when: str, function: str) -> None:
    """The page is opened anew when the part is back."""
    browser = browse(mortal, Person(mortal).passkey).signed_in()
    process = start_mortal(mortal, part, when, function)
    wait_until(lambda: walk(browser) or process.poll() is not None)
    assert process.wait(PATIENCE_S) == -signal.SIGKILL
    del mortal.processes[part]
    mortal.start(part)
    wait_until(lambda: walk(browser))
    pdf, credential_id = document_of(browser), receipt_of(browser)["credential_id"]
    assert [verdict.accepted for verdict in verdicts_on(mortal, pdf)] == [True, True]
    assert approvals_used(mortal, credential_id) == (["signed"] if function != LOST else ["signed", "unknown"])


def walk(browser: Browser) -> bool:
    """Go as far as it goes, as a person does who opens the page again; tells whether the receipt is signed."""
    with suppress(httpx2.HTTPError):
        page = browser.get("/receipt", Accept="application/json")
        if page.status_code != 200:
            return False
        (receipt,) = page.json()["receipts"]
        if receipt["state"] == "signed":
            return True
        browser.get(receipt["document"])
        asked = browser.post("/receipt", {"credential_id": receipt["credential_id"]})
        if asked.status_code == 200:
            path = asked.json()["approval"]
            options = browser.get(path, Accept="application/json").json().get("publicKey")
            if options:
                browser.post(path, {"credential": browser.passkey.get(options, browser.stack.origin), "code": None})
    return False


def approvals_used(stack: Stack, credential_id: str) -> list[str]:
    """List how the uses of this key's approvals ended, as the SAM recorded it."""
    records = Records(stack)
    query = "SELECT group_concat(state) FROM authorizations WHERE credential_id = ?"
    return sorted(str(records.one(query, credential_id)).split(","))
