"""A signer's statement, downloaded and checked as anyone would."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from app.cli.main import commands
from tests.flow.browser import Browser
from tests.harness.stack import Stack


def statement_of(stack: Stack, browser: Browser, credential_id: str, folder: Path) -> dict[str, Any]:
    """Download the statement, and give what `natsuin statement verify` says of it."""
    file = folder / "statement.json"
    answer = browser.get(f"/history/statement/{credential_id}", Accept="application/json")
    assert answer.status_code == 200, answer.text
    file.write_bytes(answer.content)
    key = next(one["state"] for one in stack.natsuin("doctor")["findings"] if one["part"] == "statement key")
    done = CliRunner().invoke(commands, ["statement", "verify", str(file), "--key", key, "--json"])
    return dict(json.loads(done.stdout))
