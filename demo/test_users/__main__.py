"""`python -m demo.test_users`: enrols the test users that are not there yet, and answers for them until Ctrl-C."""

import asyncio
import contextlib
import os
import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text

from demo.passkey import PasskeyError
from demo.phone import open_http
from demo.phone.errors import PhoneError
from demo.phone.output import Output
from demo.phone.watch import watch
from demo.run.errors import DemoFailed
from demo.run.places import read_places
from demo.test_users.ends import ENDS
from demo.test_users.enrol import phone_of, require_wanted, user_id_of

LOOK_EVERY_S = 0.5


async def run(console: Console) -> None:
    """Enrol and answer; raises what keeps it from that."""
    places = read_places()
    require_wanted(places.origin, os.environ)
    async with open_http() as http, asyncio.TaskGroup() as watching:
        table = Table("userID", "progress", "how it ends")
        for end, told in ENDS.items():
            phone = await phone_of(end, places, http)
            table.add_row(user_id_of(end), told.progress, told.outcome)
            if told.act is not None:
                watching.create_task(watch(phone, Output(as_json=True), told.act, every_s=LOOK_EVERY_S, count=None))
        console.print(table)
        console.print(f"Answering at {places.origin}; Ctrl-C ends it.")


def main() -> int:
    console, exit_code = Console(stderr=True, highlight=False), 0
    try:
        asyncio.run(run(console))
    except* (DemoFailed, PhoneError, PasskeyError) as failures:
        for failure in failures.exceptions:
            console.print(Text("✗ ", style="bold red") + Text(str(failure)), soft_wrap=True)
        exit_code = 1
    return exit_code


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
