"""`natsuin acts`: what operators did, by the command line or at the operator's door."""

from rich.table import Table
from rich.text import Text

from app.cli.access import desk
from app.cli.output import Json, answering, show
from app.operator import record


def acts(as_json: Json = False) -> None:
    """List the newest acts of operators: when, who, what, and how it ended."""
    with answering(as_json), desk() as opened:
        found = record.listed(opened)
        table = Table("at", "who", "way", "act", "subject", "outcome")
        for one in found:
            table.add_row(*(Text(one[name]) for name in ("at", "who", "way", "act", "subject", "outcome")))
        show(found, as_json, table)
