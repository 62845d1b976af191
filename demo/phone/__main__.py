"""Runs the command line: `python -m demo.phone`."""

from demo.phone import (
    account_commands,  # noqa: F401  # it adds its commands
    recovery_commands,  # noqa: F401  # and so does it
)
from demo.phone.commands import cli

if __name__ == "__main__":
    cli(prog_name="python -m demo.phone")
