"""
The rule's case ロ by programs only: the operator's commands, the letter, and the phone without a screen, each as its own process.

From the code on the paper to the receipt, PIN and one-time password, recovery codes, a signature each way, and the renewed key's receipt.
"""

import asyncio
import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from demo.ca.code import read_code
from tests.demo.ca_states import require_good
from tests.demo.test_phone_commands import run
from tests.flow.letters import new_letter
from tests.harness import oathtool
from tests.harness.authenticator import GOOD_PIN, App
from tests.harness.stack import Stack, running_stack
from tests.harness.validators import validated


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Stack]:
    """A stack whose keys may be used with PIN and code, and be renewed at once."""
    (tmp_path / "stack").mkdir()
    settings = {"NATSUIN_FACTORS": "passkey_or_otp", "NATSUIN_RENEW_BEFORE": "800", "NATSUIN_OPEN_PER_SIGNER": "10"}
    with running_stack(tmp_path / "stack", **settings) as made:
        yield made


class Authority:
    """The demo CA of a stack, as openssl needs it."""

    def __init__(self, stack: Stack) -> None:
        self.url = f"http://localhost:{stack.port + 2}"
        self.root = str(stack.data / "ca" / "root.pem")


def test_a_person_with_programs_only(own: Stack, tmp_path: Path) -> None:
    """Each command answers as documented, and what comes out is valid for software that nobody here wrote."""
    kept = ("--passkey", str(tmp_path / "phone.json"), "--json")
    app_file = tmp_path / "app.uri"

    def phone(*words: str, stdin: str = "", expect: int = 0) -> Any:
        status, text = asyncio.run(run(*words, *kept, stdin=stdin))
        assert status == expect, text
        answers = [json.loads(line) for line in text.splitlines()]
        return answers[0] if len(answers) == 1 else answers

    letter = new_letter(own, tmp_path, "hanako")
    enrolled = phone("enroll", "-", "--origin", own.origin, stdin=f"{letter.printed.lower()}\n")
    assert enrolled["user_id"] == "hanako"
    first = enrolled["credential_id"]
    again = asyncio.run(run("enroll", "-", "--origin", own.origin, "--passkey", str(tmp_path / "other.json"), stdin=f"{letter.printed}\n"))
    assert again[0] == 1, again  # the code has identified once

    phone("set-otp", "--app", str(app_file), stdin=f"{GOOD_PIN}\n")
    codes = phone("make-recovery-codes")["codes"]
    assert len(codes) == 4
    assert all(read_code(code) for code in codes)
    assert phone("recovery-codes")["left"] == 4

    receipt = phone("receipt", "--out", str(tmp_path))
    assert receipt["credential_id"] == first
    assert validated(own, Path(receipt["file"]).read_bytes()) == [True, True]

    shop = own.application()
    asked = shop.authorize(first)
    assert phone("approve", asked["handle"])["state"] == "approved"
    assert shop.sign(first, shop.sad(asked["handle"]), asked["hashes"]).status_code == 200

    asked = shop.authorize(first)
    seed, now = App(app_file.read_text().strip()).seed, int(time.time())
    ahead = [oathtool.totp(seed, now + 30 * step) for step in (1, 2)]  # the SAM follows a clock that runs ahead: no waiting
    status, text = asyncio.run(run("approve", asked["approval_url"], "--otp", "--json", stdin="\n".join([GOOD_PIN, *ahead, ""])))
    assert (status, json.loads(text)["state"]) == (0, "approved"), text
    assert shop.sign(first, shop.sad(asked["handle"]), asked["hashes"]).status_code == 200

    renewed = phone("renew")
    assert renewed["renewal"] == "renewed"
    second = renewed["renewed_by"]
    receipts = phone("receipt", "--out", str(tmp_path))
    assert {one["credential_id"] for one in receipts} == {first, second}
    assert validated(own, (tmp_path / f"receipt-{second}.pdf").read_bytes()) == [True, True]
    for one in (first, second):
        keep_leaf(shop.post("credentials/info", {"credentialID": one}).json(), tmp_path)
        require_good(Authority(own), tmp_path)


def keep_leaf(info: dict[str, Any], folder: Path) -> None:
    """Keep the certificate that the service names, for openssl."""
    der = base64.b64decode(info["cert"]["certificates"][0])
    (folder / "leaf.pem").write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
