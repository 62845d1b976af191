"""The receipt as a phone's program sees it: how it stands, asking for it, and the document."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from demo.validate import Verdict, ask_authority, validate_with_pdfsig, validate_with_pyhanko
from tests.flow.browser import Browser
from tests.harness.stack import Stack

PATIENCE_S = 40


def receipt_of(browser: Browser) -> dict[str, Any]:
    """Say how the receipt of the signer's one key stands."""
    answer = browser.get("/receipt", Accept="application/json")
    assert answer.status_code == 200, answer.text
    (receipt,) = answer.json()["receipts"]
    return dict(receipt)


def ask_for_receipt(browser: Browser) -> str:
    """Ask for the receipt, and give the authorization."""
    answer = browser.post("/receipt", {"credential_id": receipt_of(browser)["credential_id"]})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def document_of(browser: Browser) -> bytes:
    answer = browser.get(receipt_of(browser)["document"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    return bytes(answer.content)


def signed_receipt(browser: Browser) -> bytes:
    """Ask for the receipt, approve it, and give the signed document."""
    assert browser.approve(ask_for_receipt(browser)).status_code == 200
    wait_until_signed(browser)
    return document_of(browser)


def wait_until_signed(browser: Browser) -> None:
    """Wait while a worker may be signing the receipt at this moment."""
    wait_until(lambda: receipt_of(browser)["state"] == "signed")


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def verdicts_on(stack: Stack, pdf: bytes) -> list[Verdict]:
    """Ask pyHanko and poppler what they think of a PDF."""

    async def ask() -> list[Verdict]:
        authority = await ask_authority(f"http://localhost:{stack.port + 2}")
        return [await validate_with_pyhanko(pdf, authority), await validate_with_pdfsig(pdf, authority)]

    return asyncio.run(ask())
