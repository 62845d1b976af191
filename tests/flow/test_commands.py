"""The operator's command line: applications, signers, and the doctor; JSON for programs, sentences for people, and exit codes."""

import json
import os
import re
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from app.cli.main import commands
from tests.flow.browser import Browse, link_of
from tests.flow.parties import new_application
from tests.flow.wire import error_of, refused
from tests.harness.stack import Application, Stack

WELL = {
    "settings",
    "sam",
    "hsm",
    "store",
    "passkeys",
    "clock",
    "sql",
    "redis",
    "push",
    "ca",
    "disk",
    "fonts",
    "statement key",
    "certificates",
}


Natsuin = Callable[..., Result]


@pytest.fixture
def natsuin(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Natsuin:
    """Run commands in the test's own process, which is quicker; `natsuin("client", "list", NATSUIN_PORT="1")`."""
    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)

    def run(*words: str, text: str = "", **environment: str) -> Result:
        return CliRunner(env=environment).invoke(commands, list(words), input=text)

    return run


def parts(examined: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["part"]: one for one in examined["findings"]}


def told(done: Result, expect: int = 0) -> Any:
    """Read the one JSON value that a command printed."""
    assert done.exit_code == expect, done.output
    return json.loads(done.stdout)


def test_client_lives_from_add_to_remove(stack: Stack, natsuin: Natsuin) -> None:
    """Its secret is told once, its name is unique; removed, its tokens are dead, its secret is unknown, and it can't be removed again."""
    name = f"青葉 {os.urandom(4).hex()}"
    made = stack.natsuin("client", "add", name, "--code")
    assert made.keys() == {
        "client_id",
        "client_secret",
        "name",
        "code",
        "moving_code",
        "return_urls",
        "mark",
        "inbox",
        "callback_url",
        "for_all",
        "policy",
        "auth",
        "redirect_uris",
    }
    assert (made["name"], made["code"], made["inbox"]) == (name, True, False)
    assert "already" in told(natsuin("client", "add", name, "--json"), 1)["error"]
    (listed,) = [one for one in told(natsuin("client", "list", "--json")) if one["client_id"] == made["client_id"]]
    assert listed == {one: made[one] for one in made if one != "client_secret"} | {"created": listed["created"]}

    shop = Application(stack, made["client_id"], made["client_secret"])
    first = shop.token
    shop.renew_token()
    assert stack.natsuin("client", "remove", shop.client_id) == {"client_id": shop.client_id, "removed": True}
    for token in (first, shop.token):
        shop.token = token
        assert error_of(shop.post("credentials/list", {"userID": "u"})) == refused("The access token is not valid", "invalid_token", 401)
    answer = stack.http.post("/oauth2/token", data={"grant_type": "client_credentials"}, auth=(shop.client_id, shop.client_secret))
    assert error_of(answer) == refused("Invalid parameter client_id")
    assert "no application" in told(natsuin("client", "remove", shop.client_id, "--json"), 1)["error"]


def test_signer_gets_a_link_and_may_get_another(stack: Stack, natsuin: Natsuin, browse: Browse) -> None:
    """The link enrols; a person who is known gets a new link under the same name, and no other name."""
    user_id = f"hana.ko-{os.urandom(4).hex()}"
    added = stack.natsuin("signer", "add", user_id, "--name", "鈴木 花子")
    assert added.keys() == {"user_id", "name", "enrollment_url", "expires"}
    assert added["enrollment_url"].startswith(f"{stack.origin}/enroll#")
    assert browse(stack).register(link_of(added["enrollment_url"])).json()["user_id"] == user_id
    again = told(natsuin("signer", "add", user_id, "--name", "鈴木 花子", "--json"))
    assert again["enrollment_url"] != added["enrollment_url"]
    assert "鈴木 花子" in told(natsuin("signer", "add", user_id, "--name", "Another", "--json"), 1)["error"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("client", "add", ""), "A name has"),
        (("client", "add", "a\u202eb"), "A name has"),
        (("client", "add", "n" * 101), "A name has"),
        (("signer", "add", "a b", "--name", "x"), "A user id has"),
        (("signer", "add", "u" * 65, "--name", "x"), "A user id has"),
        (("signer", "add", "../x", "--name", "x"), "A user id has"),
        (("signer", "add", "taro", "--name", "a\nb"), "A name has"),
        (("signer", "add", "taro", "--name", " "), "A name has"),
    ],
)
def test_what_can_not_be_is_refused_as_json(natsuin: Natsuin, words: tuple[str, ...], said: str) -> None:
    """Exit code 1, and one JSON object with `error`."""
    refusal = told(natsuin(*words, "--json"), 1)
    assert refusal.keys() == {"error"}
    assert said in refusal["error"]


def test_code_of_a_ca_elsewhere_comes_from_standard_input(natsuin: Natsuin) -> None:
    """With --code-stdin nobody is asked, and the code stands in the link only."""
    user_id = f"user-{os.urandom(4).hex()}"
    added = told(natsuin("signer", "add", user_id, "--name", "山田 太郎", "--code-stdin", "--json", text="CODE-FROM-A-LETTER\n"))
    assert added["enrollment_url"].endswith(".CODE-FROM-A-LETTER")


def test_people_get_sentences(stack: Stack, natsuin: Natsuin) -> None:
    """Without --json: a table, a sentence on standard error with exit code 1, usage with 2."""
    shop = new_application(stack)
    listed = natsuin("client", "list", COLUMNS="200")
    assert listed.exit_code == 0
    assert shop.client_id in listed.stdout
    missing = natsuin("client", "remove", "nobody")
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert "There is no application nobody" in missing.stderr
    assert natsuin("client", "add").exit_code == 2


def test_people_get_names_and_links_as_they_are(stack: Stack, natsuin: Natsuin) -> None:
    """What looks like the terminal's markup is shown, not obeyed; a long link stands on one line, however narrow the terminal."""
    name = f"[/b] [red]{os.urandom(4).hex()}[/]"
    added = natsuin("client", "add", name, COLUMNS="40")
    assert added.exit_code == 0
    assert f"{name} may ask" in added.stdout
    assert name in natsuin("client", "add", name).stderr
    linked = natsuin("signer", "add", f"user-{os.urandom(4).hex()}", "--name", "[/b]", COLUMNS="40")
    assert any(re.fullmatch(rf"{stack.origin}/enroll#[A-Za-z0-9_.-]{{60,}}", line.strip()) for line in linked.stdout.splitlines())


def test_secrets_are_told_once_and_never_listed(natsuin: Natsuin) -> None:
    """Neither `client list` nor `doctor` knows the secret that `client add` has told."""
    secret = told(natsuin("client", "add", f"Application {os.urandom(4).hex()}", "--json"))["client_secret"]
    assert len(secret) >= 43
    for words in (("client", "list"), ("client", "list", "--json"), ("doctor", "--json")):
        assert secret not in natsuin(*words, COLUMNS="500").output


def test_doctor_finds_nothing_to_mend(stack: Stack, natsuin: Natsuin) -> None:
    """All parts well: exit code 0, each with its state and nothing to do; for people a table that names them."""
    found = stack.natsuin("doctor")
    assert found["ok"] is True
    assert parts(found).keys() == WELL
    assert all(one["ok"] and not one["mend"] for one in found["findings"])
    shown = natsuin("doctor", COLUMNS="200")
    assert shown.exit_code == 0
    assert all(name in shown.stdout for name in WELL)


def test_doctor_says_what_to_mend(fragile: Stack) -> None:
    """With SAM, Redis and CA gone: exit code 1, all named with what to do, the rest well; then a client's tokens can't be revoked."""
    shop = new_application(fragile)
    for name in ("sam", "redis", "ca"):
        fragile.kill(name)
    examined = fragile.natsuin("doctor", expect=1)
    found = parts(examined)
    assert examined["ok"] is False
    assert {name for name, one in found.items() if not one["ok"]} == {"sam", "redis", "push", "ca"}
    assert "python -m hsm" in found["sam"]["mend"]
    assert "sam.sock" in found["sam"]["mend"]
    assert "NATSUIN_REDIS_URL" in found["redis"]["mend"]
    assert "NATSUIN_CA_URL" in found["ca"]["mend"]
    assert "tokens live until they expire" in fragile.natsuin("client", "remove", shop.client_id, expect=1)["error"]


def test_every_setting_that_can_not_be_used_is_named_at_once(natsuin: Natsuin) -> None:
    """By the doctor and by every other command: exit code 1 and the same words."""
    wrong = {"NATSUIN_WORKERS": "many", "NATSUIN_ORIGIN": "http://example.jp"}
    (settings,) = told(natsuin("doctor", "--json", **wrong), 1)["findings"]
    refusal = told(natsuin("client", "list", "--json", **wrong), 1)
    for name in wrong:
        assert name in settings["state"]
        assert name in refusal["error"]
