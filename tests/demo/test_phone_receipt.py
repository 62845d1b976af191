"""`python -m demo.phone receipt`: the phone without a screen signs the receipt on the real stack, and saves it."""

import asyncio
import json
from pathlib import Path

from demo.passkey import Passkey
from demo.phone import Phone, open_http
from demo.phone.receipt import receipts
from demo.validate import ask_authority, validate_with_pdfsig, validate_with_pyhanko
from tests.demo.phone_server import in_loop
from tests.demo.test_phone_commands import run
from tests.harness.stack import Stack


@in_loop
async def test_the_receipt_is_signed_and_saved_once(stack: Stack, tmp_path: Path) -> None:
    """Again it is the same file, without another approval."""
    file = tmp_path / "passkey.json"
    async with open_http() as http:
        phone = Phone(stack.origin, Passkey(file), http)
        await phone.enroll(await asyncio.to_thread(stack.enrollment_url))
        status, text = await run("receipt", "--passkey", str(file), "--out", str(tmp_path), "--json")
        assert status == 0, text
        saved = Path(json.loads(text)["file"])
        pdf = await asyncio.to_thread(saved.read_bytes)
        assert [(one.credential_id, one.state) for one in await receipts(phone)] == [(json.loads(text)["credential_id"], "signed")]
        assert await phone.inbox() == []
    authority = await ask_authority(f"http://localhost:{stack.port + 2}")
    assert (await validate_with_pyhanko(pdf, authority)).accepted
    assert (await validate_with_pdfsig(pdf, authority)).accepted
    assert (await run("receipt", "--passkey", str(file), "--out", str(tmp_path), "--json"))[0] == 0
    assert await asyncio.to_thread(saved.read_bytes) == pdf
    status, text = await run("receipt", "A" * 22, "--passkey", str(file), "--json")
    assert (status, json.loads(text)["error"]) == (4, "ReceiptMissing")
