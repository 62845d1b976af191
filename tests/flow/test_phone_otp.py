"""The phone without a screen with PIN and one-time password on the real stack, as a developer of an application uses it."""

import asyncio
import json
from pathlib import Path
from typing import Any

from tests.demo.test_phone_commands import run
from tests.flow.parties import new_enrollment_url
from tests.harness.authenticator import GOOD_PIN, OTHER_PIN, delivered
from tests.harness.stack import Stack


def test_sets_up_an_app_and_a_token_and_removes_them(otp_stack: Stack, tmp_path: Path) -> None:
    """The app computes its own codes; a token's are typed. A poor PIN is said to be one, and the app's secret is its owner's alone."""
    kept = ("--passkey", str(tmp_path / "phone.json"), "--json")
    app = ("--app", str(tmp_path / "app.uri"))

    def phone(*words: str, stdin: str = "", expect: int = 0) -> Any:
        status, text = asyncio.run(run(*words, *kept, stdin=stdin))
        assert status == expect, text
        return json.loads(text)

    phone("enroll", "-", stdin=f"{new_enrollment_url(otp_stack)}\n")
    assert phone("set-otp", *app, stdin="123456\n", expect=1)["error"] == "pin_unacceptable"
    app_id = phone("set-otp", *app, stdin=f"{GOOD_PIN}\n")["token_id"]
    (token,) = delivered(otp_stack, tmp_path)
    token_id = phone("set-otp", "--serial", token.serial, stdin=f"{OTHER_PIN}\n{token.code()}\n")["token_id"]
    standing = phone("passkeys")["otp"]
    assert {one["id"]: one["end"] for one in standing["tokens"]} == {app_id: "", token_id: token.serial[-4:]}
    assert phone("remove-otp", expect=4)["error"] == "TokenUnknown"
    token.presses += 30
    codes = f"{token.code()}\n{token.code()}\n"
    assert phone("resynchronise-otp", "--codes", "--token", token.serial[-4:], stdin=codes)["token_id"] == token_id
    assert phone("resynchronise-otp", "--codes", "--token", token_id, stdin=codes, expect=1)["error"] == "token_code_refused"
    assert phone("unlock-otp", expect=1)["error"] == "change_over"
    assert phone("remove-otp", "--token", app_id)["removed"] is True
    assert phone("remove-otp")["token_id"] == token_id
    assert phone("passkeys")["otp"]["tokens"] == []
