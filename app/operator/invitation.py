"""
How a person is let to enrol: a link around a code, the CA's letter, or the hash of a code whose letter was made elsewhere; or a link for
who has a certificate already, and applies at the CA with it.
"""

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from rich.markup import escape
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from app.authorization.enroll import LINK_LIFE_S
from app.authorization.replace import begin
from app.ca import ask_for_code, ask_for_letter
from app.config import Config
from app.domain.link import new_link
from app.domain.parties import Signer
from app.operator.refusal import Refusal
from app.store import links, parties
from app.store.database import Database
from app.store.links import Link

LETTER_LIFE_S = 30 * 86_400
SHA256 = re.compile(r"[0-9a-fA-F]{64}\Z")


class Invitation(NamedTuple):
    """What the operator is told of it, as a value and as text for people."""

    value: dict[str, Any]
    text: str


def by_link(config: Config, opened: Database, signer: Signer, code: str | None, replaces_as: str | None = None) -> Invitation:
    """Put a code, or one that the demo CA is asked for, into a one-time link."""
    text, link_sha256 = new_link(code if code is not None else code_from_ca(config, signer, replaces=replaces_as is not None))
    until = signer.created + LINK_LIFE_S
    link = Link(link_sha256=link_sha256, user_id=signer.user_id, expires=until, state="open", replaces_as=replaces_as)
    opened.write_now(_add if replaces_as is None else _add_letter, signer, link)
    url = f"{config.origin}/enroll#{text}"
    lines = (
        f"{escape(signer.name)} ({signer.user_id}) may enrol with this link, once, within {LINK_LIFE_S // 86_400} days:",
        f"[bold]{escape(url)}[/]",
        "[dim]Send it by a safe way.[/]",
    )
    return Invitation(_value(signer, url, link), "\n".join(lines))


def by_certificate(config: Config, opened: Database, signer: Signer, replaces_as: str | None = None) -> Invitation:
    """Make a one-time link for a person whom the CA will know by a certificate that is there already."""
    text, link_sha256 = new_link(None)
    until = signer.created + LETTER_LIFE_S
    link = Link(link_sha256=link_sha256, user_id=signer.user_id, expires=until, state="open", replaces_as=replaces_as, application="due")
    opened.write_now(_add_letter, signer, link)
    url = f"{config.origin}/enroll#{text}"
    lines = (
        f"{escape(signer.name)} ({signer.user_id}) may enrol with this link, once, within {LETTER_LIFE_S // 86_400} days:",
        f"[bold]{escape(url)}[/]",
        "The certificate is issued when the CA has an application for the new key, signed with a certificate that names this person.",
        "[dim]Send it by a safe way.[/]",
    )
    return Invitation(_value(signer, url, link), "\n".join(lines))


def by_letter(
    config: Config,
    opened: Database,
    signer: Signer,
    keep: Callable[[bytes], object],
    postal_code: str,
    address: list[str],
    replaces_as: str | None = None,
) -> Invitation:
    """Have the CA write a letter with a code, a PDF to `keep`; only then its code opens anything."""
    _require_name(opened.read_now(parties.signer, signer.user_id), signer)
    url = f"{config.origin}/enroll"
    place = {"postal_code": postal_code, "address": "\n".join(address), "enrollment_url": url}
    application = _application(signer, replaces=replaces_as is not None) | place
    letter = asyncio.run(ask_for_letter(config.ca_office_url, registration_secret(config), application))
    keep(letter.pdf)
    link_sha256, until = bytes.fromhex(letter.code_sha256), letter.expires
    link = Link(link_sha256=link_sha256, user_id=signer.user_id, expires=until, state="open", replaces_as=replaces_as)
    opened.write_now(_add_letter, signer, link)
    return Invitation(_value(signer, url, link), _letter_text(signer, url, link))


def by_hash(config: Config, opened: Database, signer: Signer, code_sha256: str, replaces_as: str | None = None) -> Invitation:
    """Take the hash of a code that stands in a letter already."""
    if SHA256.match(code_sha256) is None:
        raise Refusal("The hash of a code (--code-sha256) is 64 hexadecimal digits, as the CA gives them.")
    expires = signer.created + LETTER_LIFE_S
    link_sha256 = bytes.fromhex(code_sha256)
    link = Link(link_sha256=link_sha256, user_id=signer.user_id, expires=expires, state="open", replaces_as=replaces_as)
    try:
        opened.write_now(_add_letter, signer, link)
    except IntegrityError:
        raise Refusal("This code is known already.") from None
    url = f"{config.origin}/enroll"
    return Invitation(_value(signer, url, link), _letter_text(signer, url, link))


def code_from_ca(config: Config, signer: Signer, *, replaces: bool) -> str:
    """Ask the CA's front office for the person's one-time code; raises Refusal where there is no such office."""
    return asyncio.run(ask_for_code(config.ca_office_url, registration_secret(config), _application(signer, replaces=replaces)))


def _application(signer: Signer, *, replaces: bool) -> dict[str, str | bool]:
    """Say for whom the certificate will be; an office that knows no `replaces` is not troubled with it for nothing."""
    return {"user_id": signer.user_id, "name": signer.name} | ({"replaces": True} if replaces else {})


def registration_secret(config: Config) -> str:
    """Give the secret for the CA's front office; raises Refusal where there is none."""
    try:
        return config.ca_registration_file.read_text().strip()
    except OSError:
        raise Refusal(
            f"There is no registration secret for the CA at {config.ca_registration_file}. Start the demo CA with `make up`, or give the "
            "code that your CA has issued with --code-stdin."
        ) from None


def _value(signer: Signer, url: str, link: Link) -> dict[str, Any]:
    return {"user_id": signer.user_id, "name": signer.name, "enrollment_url": url, "expires": link.expires}


def _letter_text(signer: Signer, url: str, link: Link) -> str:
    until = f"{datetime.fromtimestamp(link.expires, UTC):%Y-%m-%d}"
    return f"{escape(signer.name)} ({signer.user_id}) may enrol with the code in the letter, once, until {until}, at [bold]{escape(url)}[/]"


def _add_letter(connection: Connection, signer: Signer, link: Link) -> None:
    links.end_open_links(connection, signer.user_id)  # a new letter is sent where one was lost: what lies about opens nothing
    _add(connection, signer, link)


def _add(connection: Connection, signer: Signer, link: Link) -> None:
    known = parties.signer(connection, signer.user_id)
    _require_name(known, signer)
    if known is None:
        parties.add_signer(connection, signer)
    links.add_link(connection, link)
    if link.replaces_as is not None:
        begin(connection, signer.user_id, signer.created)


def _require_name(known: Signer | None, signer: Signer) -> None:
    if known is not None and known.name != signer.name:
        raise Refusal(f"{signer.user_id} is {known.name} already.")
