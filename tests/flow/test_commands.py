"""The operator's command line: applications, signers, and the doctor; JSON for programs, sentences for people, exit codes that mean something."""

import os
import subprocess
from typing import Any

import pytest

from tests.flow.browser import Browse, link_of
from tests.flow.parties import new_application
from tests.flow.wire import error_of, refused
from tests.harness.stack import BIN, ROOT, Application, Stack

WELL = {"settings", "sam", "hsm", "store", "clock", "sql", "redis", "disk"}


def run(stack: Stack, *words: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command as a person would."""
    return subprocess.run(
        [BIN / "natsuin", *words], env=stack.environment, cwd=ROOT, input=text, capture_output=True, text=True, timeout=60
    )


def parts(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["part"]: one for one in told["findings"]}


def test_client_lives_from_add_to_remove(stack: Stack) -> None:
    """Its secret is told once, its name is unique; removed, its tokens are dead, its secret is unknown, and it can't be removed again."""
    name = f"青葉 {os.urandom(4).hex()}"
    made = stack.natsuin("client", "add", name, "--code")
    assert made.keys() == {"client_id", "client_secret", "name", "code"}
    assert (made["name"], made["code"]) == (name, True)
    assert "already" in stack.natsuin("client", "add", name, expect=1)["error"]
    (listed,) = [one for one in stack.natsuin("client", "list") if one["client_id"] == made["client_id"]]
    assert listed.keys() == {"client_id", "name", "code", "created"}

    shop = Application(stack, made["client_id"], made["client_secret"])
    first = shop.token
    shop.renew_token()
    assert stack.natsuin("client", "remove", shop.client_id) == {"client_id": shop.client_id, "removed": True}
    for shop.token in (first, shop.token):
        assert error_of(shop.post("credentials/list", {"userID": "u"})) == refused("The access token is not valid", "invalid_token", 401)
    answer = stack.http.post("/oauth2/token", data={"grant_type": "client_credentials"}, auth=(shop.client_id, shop.client_secret))
    assert error_of(answer) == refused("Invalid parameter client_id")
    assert "no application" in stack.natsuin("client", "remove", shop.client_id, expect=1)["error"]


def test_signer_gets_a_link_and_may_get_another(stack: Stack, browse: Browse) -> None:
    """The link enrols; a person who is known gets a new link under the same name, and no other name."""
    user_id = f"hana.ko-{os.urandom(4).hex()}"
    told = stack.natsuin("signer", "add", user_id, "--name", "鈴木 花子")
    assert told.keys() == {"user_id", "name", "enrollment_url", "expires"}
    assert told["enrollment_url"].startswith(f"{stack.origin}/enroll#")
    assert browse(stack).register(link_of(told["enrollment_url"])).json()["user_id"] == user_id
    assert stack.natsuin("signer", "add", user_id, "--name", "鈴木 花子")["enrollment_url"] != told["enrollment_url"]
    assert "鈴木 花子" in stack.natsuin("signer", "add", user_id, "--name", "Another", expect=1)["error"]


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
def test_what_can_not_be_is_refused_as_json(stack: Stack, words: tuple[str, ...], said: str) -> None:
    """Exit code 1, and one JSON object with `error`."""
    told = stack.natsuin(*words, expect=1)
    assert told.keys() == {"error"}
    assert said in told["error"]


def test_code_of_a_ca_elsewhere_comes_from_standard_input(stack: Stack) -> None:
    """With --code-stdin nobody is asked, and the code stands in the link only."""
    done = run(stack, "signer", "add", f"user-{os.urandom(4).hex()}", "--name", "山田 太郎", "--code-stdin", text="CODE-FROM-A-LETTER\n")
    assert done.returncode == 0
    assert ".CODE-FROM-A-LETTER" in "".join(done.stdout.split())


def test_people_get_sentences(stack: Stack) -> None:
    """Without --json: a table, a sentence on standard error with exit code 1, usage with 2."""
    shop = new_application(stack)
    listed = run(stack, "client", "list")
    assert listed.returncode == 0
    assert shop.client_id in listed.stdout
    missing = run(stack, "client", "remove", "nobody")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "There is no application nobody" in missing.stderr
    assert run(stack, "client", "add").returncode == 2


def test_doctor_finds_nothing_to_mend(stack: Stack) -> None:
    """All parts well: exit code 0, each with its state and nothing to do."""
    told = stack.natsuin("doctor")
    assert told["ok"] is True
    assert parts(told).keys() == WELL
    assert all(one["ok"] and not one["mend"] for one in told["findings"])
    assert run(stack, "doctor").returncode == 0


def test_doctor_says_what_to_mend(fragile: Stack) -> None:
    """With the SAM and Redis gone: exit code 1, both named with what to do, the rest well; then a client's tokens can't be revoked."""
    shop = new_application(fragile)
    for name in ("sam", "redis"):
        fragile.kill(name)
    told = fragile.natsuin("doctor", expect=1)
    found = parts(told)
    assert told["ok"] is False
    assert {name for name, one in found.items() if not one["ok"]} == {"sam", "redis"}
    assert "python -m hsm" in found["sam"]["mend"]
    assert "sam.sock" in found["sam"]["mend"]
    assert "NATSUIN_REDIS_URL" in found["redis"]["mend"]
    assert "tokens live until they expire" in fragile.natsuin("client", "remove", shop.client_id, expect=1)["error"]
    assert shop.client_id not in [one["client_id"] for one in fragile.natsuin("client", "list")]


def test_doctor_names_every_setting_that_can_not_be_used(stack: Stack) -> None:
    """Bad settings: exit code 1 and all of them at once; every other command refuses with the same words."""
    wrong = {"NATSUIN_WORKERS": "many", "NATSUIN_ORIGIN": "http://example.jp"}
    broken = Stack.__new__(Stack)
    broken.environment = stack.environment | wrong
    (settings,) = broken.natsuin("doctor", expect=1)["findings"]
    assert all(name in settings["state"] for name in wrong)
    said = broken.natsuin("client", "list", expect=1)["error"]
    assert all(name in said for name in wrong)
