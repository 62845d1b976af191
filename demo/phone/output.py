"""How a command ends: text for people or one JSON object a line for programs, and an exit code that means something."""

import asyncio
import sys
from collections.abc import Coroutine
from enum import IntEnum
from typing import Any

import msgspec
import typer
from rich.console import Console, RenderableType

from demo.passkey import PasskeyError
from demo.phone.display import plain
from demo.phone.errors import (
    AddressRefused,
    CodeMistyped,
    CodeRequired,
    Ended,
    OtpRefused,
    PhoneError,
    ServerRefused,
    Unavailable,
    Unreachable,
    WrongCode,
)


class ExitCode(IntEnum):
    SERVER_REFUSED = 1
    USAGE = 2
    TRY_AGAIN = 3
    """The server did not answer, or cannot do it now."""
    PHONE_REFUSED = 4
    """The phone will not sign this, or its passkey does not fit."""


class Output:
    """Where the answers of one command go."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self._console = Console(highlight=False)

    def show(self, record: dict[str, Any], text: RenderableType) -> None:
        """Print one answer, in the one form or the other."""
        if self.as_json:
            sys.stdout.write(msgspec.json.encode(record).decode() + "\n")
            sys.stdout.flush()
        else:
            self._console.print(text)

    def show_error(self, error: PhoneError | PasskeyError, **context: str) -> None:
        """Print what went wrong, with the server's code where it has one."""
        record: dict[str, Any] = {"error": error.code if isinstance(error, ServerRefused) else type(error).__name__, "message": str(error)}
        text = str(error)
        match error:
            case WrongCode() | OtpRefused():
                record["tries_left"] = error.tries_left
                text += f"; tries left: {error.tries_left}"
            case Ended():
                record["state"] = error.state
                text += f": {error.state}"
        self.show(context | record, plain(": ".join([*context.values(), text])))


def finish(work: Coroutine[Any, Any, None], output: Output) -> None:
    """
    Run the command.

    Raises:
        typer.Exit: it failed; the code says how.
    """
    try:
        asyncio.run(work)
    except (PhoneError, PasskeyError) as error:
        output.show_error(error)
        raise typer.Exit(exit_code(error)) from error


def exit_code(error: PhoneError | PasskeyError) -> ExitCode:
    """The exit code for what went wrong."""
    match error:
        case Unreachable() | Unavailable():
            return ExitCode.TRY_AGAIN
        case ServerRefused():
            return ExitCode.SERVER_REFUSED
        case AddressRefused() | CodeMistyped() | CodeRequired():
            return ExitCode.USAGE
    return ExitCode.PHONE_REFUSED
