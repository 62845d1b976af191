"""Runs the command line: `python -m demo.phone`."""

from demo.phone import (  # noqa: F401  # they add their commands
    account_commands,
    application_commands,
    otp_commands,
    recovery_commands,
    refusing_commands,
)
from demo.phone.commands import cli

if __name__ == "__main__":
    cli(prog_name="python -m demo.phone")
