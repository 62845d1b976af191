"""What the command line shows to people; whatever came from elsewhere is text and never a terminal command."""

import unicodedata
from datetime import UTC, datetime

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from demo.phone.phone import Waiting
from demo.phone.transaction import Authorization


def plain(text: str | None) -> Text:
    """Text as it is, with every control, bidi and zero-width character made visible."""
    return Text("".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(sign).startswith("C") else sign for sign in text or ""))


def inbox_table(waiting: list[Waiting]) -> Table | Text:
    """What waits, one line each."""
    if not waiting:
        return Text("Nothing waits.")
    table = Table("ID", "Application", "For", "Documents", "Time left")
    for line in waiting:
        table.add_row(plain(line.id), plain(line.application), plain(line.description), str(line.documents), f"{line.expires_in_s} s")
    return table


def authorization_panel(authorization: Authorization) -> Panel:
    """The approval page in a terminal: who asks, what for, each document, whose key, time left."""
    transaction = authorization.transaction
    facts = Table.grid(padding=(0, 2))
    facts.add_row("State", plain(authorization.state))
    facts.add_row("Asked by", plain(transaction.application_name))
    facts.add_row("For", plain(transaction.description))
    facts.add_row("Signer", plain(transaction.signer))
    facts.add_row("Key", plain(transaction.credential_id))
    facts.add_row(
        "Until", f"{datetime.fromtimestamp(transaction.expires, UTC):%Y-%m-%d %H:%M:%S} UTC ({authorization.expires_in_s} s left)"
    )
    if authorization.code_digits:
        facts.add_row("Code", f"{authorization.code_digits} digits, shown by the application")
    documents = Table("Document", "Fingerprint", title=f"{len(transaction.documents)} to sign", title_justify="left")
    for document in transaction.documents:
        documents.add_row(plain(document.label), document.fingerprint)
    return Panel(Group(facts, Text(), documents), title="Your signature is asked for", title_align="left")
