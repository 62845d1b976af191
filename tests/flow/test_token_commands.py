"""`natsuin token`: the operator brings in what a maker of tokens delivered, by the SAM's own door; nobody reads a seed again."""

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from app.cli.main import commands
from tests.harness.rfc6030 import FIGURE_6, FIGURE_6_KEY, FIGURE_7, FIGURE_7_PASSPHRASE
from tests.harness.stack import Stack

Natsuin = Callable[..., Result]
SEED = secrets.token_hex(20)
HEADER = "serial,seed,kind,algorithm,digits,period\n"


@pytest.fixture
def natsuin(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Natsuin:
    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)

    def run(*words: str, text: str = "") -> Result:
        return CliRunner().invoke(commands, list(words), input=text)

    return run


def told(done: Result, expect: int = 0) -> Any:
    assert done.exit_code == expect, done.output
    return json.loads(done.stdout)


def serials(natsuin: Natsuin) -> dict[str, str]:
    return {one["serial"]: one["state"] for one in told(natsuin("token", "list", "--json"))}


def new_serial() -> str:
    return f"T-{secrets.token_hex(6)}"


def test_tokens_are_taken_in_once_and_listed_without_their_seeds(natsuin: Natsuin, tmp_path: Path) -> None:
    """All of a file or none of it: the second time nothing of it is taken, not even what is new in it."""
    first, second, third = (new_serial() for _ in range(3))
    file = tmp_path / "tokens.csv"
    file.write_text(HEADER + f"{first},hex:{SEED},totp,sha1,6,30\n{second},hex:{SEED},hotp,sha1,6,\n")
    assert told(natsuin("token", "import", str(file), "--json")) == {"imported": 2}
    assert {first: "free", second: "free"}.items() <= serials(natsuin).items()
    file.write_text(HEADER + f"{third},hex:{SEED},totp,sha1,6,30\n{first},hex:{SEED},totp,sha1,6,30\n")
    refused = told(natsuin("token", "import", str(file), "--json"), 1)["error"]
    assert refused.splitlines() == ["Nothing was taken in.", "token 2: taken in before"]
    assert third not in serials(natsuin)
    shown = natsuin("token", "list")
    assert first in shown.stdout
    assert SEED not in shown.stdout + refused


def test_what_is_wrong_is_said_with_its_line_and_nothing_is_taken_in(natsuin: Natsuin, tmp_path: Path) -> None:
    serial, file = new_serial(), tmp_path / "tokens.csv"
    file.write_text(HEADER + f"{serial},hex:{SEED},totp,sha1,6,30\n{new_serial()},hex:{SEED},totp,md5,6,30\n")
    done = natsuin("token", "import", str(file))
    assert done.exit_code == 1
    assert "line 3" in done.output
    assert SEED not in done.output
    assert serial not in serials(natsuin)


@pytest.mark.parametrize(
    ("figure", "option", "secret"),
    [(FIGURE_6, "--key-stdin", FIGURE_6_KEY.hex()), (FIGURE_7, "--passphrase-stdin", FIGURE_7_PASSPHRASE)],
    ids=["key", "passphrase"],
)
def test_an_encrypted_file_opens_with_its_secret_from_standard_input(
    natsuin: Natsuin, tmp_path: Path, figure: str, option: str, secret: str
) -> None:
    """A secret in an argument could be read by every process; without the right one nothing is taken in."""
    serial, file = new_serial(), tmp_path / "tokens.xml"
    file.write_text(figure.replace("987654321", serial))
    for words, text in (((), ""), ((option,), "00" * 16)):
        assert told(natsuin("token", "import", str(file), *words, "--json", text=text), 1)["error"].startswith("Nothing was taken in.")
    assert told(natsuin("token", "import", str(file), option, "--json", text=secret + "\n")) == {"imported": 1}
    assert serials(natsuin)[serial] == "free"


def test_calls_that_can_not_be_meant_are_refused(natsuin: Natsuin, tmp_path: Path, stack: Stack) -> None:
    file = tmp_path / "tokens.xml"
    file.write_text(FIGURE_6)
    both = natsuin("token", "import", str(file), "--key-stdin", "--passphrase-stdin", "--json")
    assert told(both, 1)["error"] == "A file is encrypted under a key or under a passphrase."
    assert told(natsuin("token", "import", str(file), "--key-stdin", "--json", text="xyz\n"), 1)["error"].startswith("The key must be")
    assert natsuin("token", "import", str(tmp_path / "absent")).exit_code == 2
