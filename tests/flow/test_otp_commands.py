"""`natsuin signer show` and `credential show` say what may approve for a key, and nothing that anyone could approve with."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import commands
from tests.flow.browser import Browse
from tests.flow.parties import Person
from tests.flow.test_otp_settled import lock
from tests.flow.test_set_otp import offered, set_token
from tests.harness.authenticator import GOOD_PIN, delivered
from tests.harness.signer import Signer
from tests.harness.stack import Stack


def printed(stack: Stack, monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    """Run a command as people do."""
    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)
    return CliRunner().invoke(commands, list(words)).output


def test_ways_are_shown(otp_stack: Stack, browse: Browse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None, an app and a token, locked; an offer that nobody confirmed is no way."""
    person = Person(otp_stack)
    browser = browse(otp_stack, person.passkey).signed_in()
    token_id, app = offered(browser)
    both = ("signer", "show", person.user_id), ("credential", "show", person.credential_id)
    assert otp_stack.natsuin(*both[1])["ways"] == {"factors": "passkey_or_otp", "has_pin": False, "locked": False, "tokens": []}
    assert all("not set up" in printed(otp_stack, monkeypatch, *words) for words in both)

    browser.change("set_otp", token_id, pin=GOOD_PIN, code=app.code())
    (token,) = delivered(otp_stack, tmp_path)
    second_id = set_token(browser, token)
    lock(otp_stack, person, browser, second_id)
    (key,) = otp_stack.natsuin(*both[0])["keys"]
    assert key["ways"] == otp_stack.natsuin(*both[1])["ways"]
    assert (key["ways"]["has_pin"], key["ways"]["locked"]) == (True, True)
    assert {(one["id"], one["serial"], one["kind"]) for one in key["ways"]["tokens"]} == {
        (token_id, None, "totp"),
        (second_id, token.serial, "hotp"),
    }
    for words in both:
        text = printed(otp_stack, monkeypatch, *words)
        assert "(locked)" in text
        assert token.serial in text
        assert "totp app" in text
        assert not {app.fields["secret"], GOOD_PIN, token.seed.hex()} & set(text.split())


def test_key_for_passkeys_only_is_said_so(stack: Stack, taro: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stack.natsuin("credential", "show", taro.credential_id)["ways"]["factors"] == "passkey"
    assert "passkey only" in printed(stack, monkeypatch, "signer", "show", taro.user_id)


def test_signer_is_shown_without_the_sam(stack: Stack, taro: Signer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What our own records know is told all the same."""
    monkeypatch.setitem(stack.environment, "NATSUIN_SAM", f"unix:{tmp_path / 'nobody.sock'}")
    (key,) = stack.natsuin("signer", "show", taro.user_id)["keys"]
    assert (key["credential_id"], key["ways"]) == (taro.credential_id, None)
    assert "the SAM does not say" in printed(stack, monkeypatch, "signer", "show", taro.user_id)
