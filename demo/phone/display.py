"""What the command line shows to people; whatever came from elsewhere is text and never a terminal command."""

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from demo.phone.account import History, OtpStanding, Own
from demo.phone.phone import Waiting
from demo.phone.transaction import Authorization

SEEN, UNSEEN = "opened: this is the document being signed", "not seen, only its fingerprint"


def plain(text: str | None) -> Text:
    """Text as it is, with every control, bidi and zero-width character made visible."""
    return Text("".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(sign).startswith("C") else sign for sign in text or ""))


def plain_lines(*texts: str) -> Text:
    """Several such texts, a line each."""
    return Text("\n").join(plain(text) for text in texts)


def inbox_table(waiting: list[Waiting]) -> Table | Text:
    """What waits, one line each."""
    if not waiting:
        return Text("Nothing waits.")
    table = Table("ID", "Application", "For", "Documents", "Time left")
    for line in waiting:
        table.add_row(plain(line.id), plain(line.application), plain(line.description), str(line.documents), f"{line.expires_in_s} s")
    return table


def authorization_panel(authorization: Authorization, compared: Sequence[bool]) -> Panel:
    """The approval page in a terminal: who asks, what for, each document and whether it was opened, whose key, time left."""
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
    documents = Table("Document", "Content", "Fingerprint", title=f"{len(transaction.documents)} to sign", title_justify="left")
    for document, is_seen in zip(transaction.documents, compared, strict=True):
        documents.add_row(plain(document.label), SEEN if is_seen else UNSEEN, document.fingerprint)
    return Panel(Group(facts, Text(), documents), title="Your signature is asked for", title_align="left")


def own_table(own: Own) -> Group:
    """The keys, and the passkeys that may approve for them."""
    keys = Table("Key", "State", "Until")
    for key in own.keys:
        keys.add_row(plain(key.credential_id), plain(key.state), moment(key.until) if key.until else "")
    devices = Table("ID", "Name", "Added", "Last used", "Kept")
    for device in own.devices:
        mine = " (this one)" if device.current else ""
        kept = "synced" if device.synced else "on one device"
        devices.add_row(
            plain(device.id),
            plain(device.name + mine),
            moment(device.added),
            moment(device.last_used) if device.last_used else "never",
            kept,
        )
    return Group(plain(f"{own.name} ({own.user_id})"), keys, devices, *([_otp(own.otp)] if own.otp is not None else []))


def _otp(standing: OtpStanding) -> Group:
    table = Table("ID", "One-time password", "Kind")
    for token in standing.tokens:
        table.add_row(plain(token.id), plain("app" if token.is_app else f"token …{token.end}"), plain(token.kind))
    pin = "no PIN" if not standing.has_pin else "PIN locked: unlock-otp" if standing.locked else "PIN set"
    return Group(table, plain(pin))


def entries_table(page: History) -> Group:
    """The history, one line each."""
    table = Table("At", "What", "How it ended", "Reference", "ID")
    for entry in page.entries:
        what = entry.application or entry.device or ""
        table.add_row(
            moment(entry.at), plain(what), plain(entry.reason or entry.state or entry.kind), plain(entry.reference), plain(entry.id)
        )
    return Group(table, plain(f"--before {page.next}" if page.next else "That is all."))


def moment(unix: int) -> str:
    """A time as people read it."""
    return f"{datetime.fromtimestamp(unix, UTC):%Y-%m-%d %H:%M} UTC"
