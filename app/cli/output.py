"""How the command line speaks: tables and sentences to people, one JSON value to programs, exit codes that mean something."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from app.errors import NatsuinError
from app.operator.refusal import Refusal as Refusal

DONE, NO, USAGE = 0, 1, 2  # it is so; it is not, or was refused; the call or the settings can't be used
people = Console(stderr=False, highlight=False)
errors = Console(stderr=True, highlight=False)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON value, for programs.")]


@contextmanager
def answering(as_json: bool) -> Iterator[None]:
    """Turn whatever stops a command into a sentence, or into JSON with an `error`, and an exit code."""
    try:
        yield
    except (Refusal, NatsuinError) as problem:
        text = str(problem) or type(problem).__name__
        if as_json:
            print(json.dumps({"error": text}, ensure_ascii=False))
        else:
            errors.print(f"[bold red]✗[/] {escape(text)}", soft_wrap=True)
        raise typer.Exit(NO) from None


@contextmanager
def waiting(text: str, as_json: bool) -> Iterator[None]:
    """Show people at a terminal that something goes on, as long as it does; programs and files see nothing of it."""
    if as_json or not (sys.stdout.isatty() and sys.stderr.isatty()):
        yield
    else:
        with errors.status(text):
            yield


def show(value: Any, as_json: bool, text: Any) -> None:
    """Print a result: `value` to programs, `text` (anything rich can print) to people."""
    if as_json:
        sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    else:
        people.print(text, soft_wrap=isinstance(text, str))  # a link or a secret that is broken over lines can't be copied
