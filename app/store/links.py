"""Enrolment links in SQL, those of letters among them: how far each enrolment has come, so that a repeat goes on where it was cut off."""

from msgspec import Struct
from sqlalchemy import Connection, insert, select, update

from app.store.tables import links


class Link(Struct, frozen=True, kw_only=True):
    """
    One enrolment; `state` is open, keying (the SAM has it, or will), certifying (the key is made), or done.

    The secret or code itself is kept nowhere. `registration` is what the story keeps of the new passkey until the end. `replaces_as` is the
    name of the enrolment where it was announced at the SAM: all keys that the person had go with it. `application` is there where the
    person applies with a certificate: due, or sent when the CA has it.
    """

    link_sha256: bytes
    user_id: str
    expires: int
    state: str
    transaction: bytes | None = None
    registration: bytes | None = None
    replaces_as: str | None = None
    application: str | None = None


def add_link(connection: Connection, link: Link) -> None:
    names = ("link_sha256", "user_id", "expires", "state", "replaces_as", "application")
    connection.execute(insert(links), {name: getattr(link, name) for name in names})


def usable_link(connection: Connection, link_sha256: bytes, now: float) -> Link | None:
    """Give a link that is neither used up nor over; one whose key is being made stays usable until it is done."""
    row = connection.execute(select(links).where(links.c.link_sha256 == link_sha256)).mappings().one_or_none()
    if row is None or row["state"] == "done" or (row["state"] == "open" and now >= row["expires"]):
        return None
    return Link(**row)


def advance_link(connection: Connection, /, link: Link, state: str, **values: bytes | None) -> bool:
    """Move an enrolment on, if it still stands where it was read; False if another was first."""
    same = (
        links.c.link_sha256 == link.link_sha256,
        links.c.state == link.state,
        links.c.transaction.is_not_distinct_from(link.transaction),
    )
    return connection.execute(update(links).where(*same).values(state=state, **values)).rowcount == 1


def application_sent(connection: Connection, link: Link) -> None:
    """Note that the CA has taken the application."""
    connection.execute(update(links).where(links.c.link_sha256 == link.link_sha256).values(application="sent"))


def end_open_links(connection: Connection, user_id: str) -> None:
    """End those of a person's links that nobody has begun to use."""
    connection.execute(update(links).where(links.c.user_id == user_id, links.c.state == "open").values(state="done"))


def replacements_of(connection: Connection, user_id: str, now: float) -> list[Link]:
    """List the announced enrolments of a person that may still come about."""
    mine = (links.c.user_id == user_id, links.c.replaces_as.is_not(None), links.c.state != "done")
    rows = [Link(**row) for row in connection.execute(select(links).where(*mine)).mappings()]
    return [link for link in rows if link.state != "open" or now < link.expires]


def overdue_links(connection: Connection, now: float, most: int) -> list[Link]:
    """List the enrolments that have begun, and whose code or link is over."""
    overdue = select(links).where(links.c.state.in_(("keying", "certifying")), links.c.expires <= int(now)).limit(most)
    return [Link(**row) for row in connection.execute(overdue).mappings()]


def begun_links(connection: Connection, user_id: str) -> list[Link]:
    """List a person's enrolments that have begun and not ended."""
    begun = select(links).where(links.c.user_id == user_id, links.c.state.in_(("keying", "certifying")))
    return [Link(**row) for row in connection.execute(begun).mappings()]
