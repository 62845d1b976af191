"""What the command line shows while one waits: something to people at a terminal, nothing to programs and files."""

import io
import sys

import pytest
from rich.console import Console

from app.cli import output


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stdout", "stderr", "as_json", "is_shown"),
    [
        (Terminal, Terminal, False, True),
        (Terminal, Terminal, True, False),
        (io.StringIO, Terminal, False, False),
        (Terminal, io.StringIO, False, False),
        (io.StringIO, io.StringIO, False, False),
    ],
    ids=["terminal", "json", "stdout elsewhere", "stderr elsewhere", "no terminal"],
)
def test_waiting_is_shown_at_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, stdout: type[io.StringIO], stderr: type[io.StringIO], as_json: bool, is_shown: bool
) -> None:
    """Also where colours are forced upon what is no terminal."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    out, complaints = stdout(), stderr()
    with monkeypatch.context() as streams:
        streams.setattr(sys, "stdout", out)
        streams.setattr(sys, "stderr", complaints)
        streams.setattr(output, "errors", Console(stderr=True, force_interactive=True))
        with output.waiting("Looking", as_json):
            pass
    said = complaints.getvalue()
    assert ("Looking" in said, said == "", out.getvalue()) == (is_shown, not is_shown, "")
