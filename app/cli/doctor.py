"""`natsuin doctor`: looks at every part, and says what to mend."""

import typer
from rich.table import Table
from rich.text import Text

from app.cli.output import DONE, NO, Json, show, waiting
from app.operator.examination import examined


def doctor(as_json: Json = False) -> None:
    """Check settings, HSM, SAM, database, Redis, push, CA, clock, disk and fonts, and say what to mend."""
    with waiting("Looking at every part", as_json):
        found = examined()
    table = Table("part", "", "state", "what to do")
    for one in found["findings"]:
        table.add_row(one["part"], "[green]✓[/]" if one["ok"] else "[red]✗[/]", Text(one["state"]), Text(one["mend"]))
    show(found, as_json, table)
    raise typer.Exit(DONE if found["ok"] else NO)
