"""Parties made quickly: what `natsuin client add` and `natsuin signer add` do, without the start of a program for each."""

import asyncio
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from app.ca import ask_for_code
from app.config import Config, read_config
from app.domain.link import new_link
from app.domain.parties import Signer as SignerRecord
from app.operator.clients import NewApplication, add_application
from app.store import links, parties
from app.store.database import Database
from app.store.links import Link
from demo.passkey import Passkey
from tests.harness.signer import Signer
from tests.harness.stack import Application, Stack

LINK_LIFE_S = 600


def new_application(stack: Stack, *, asks_code: bool = False, for_all: bool = True, **more: Any) -> Application:
    """Register an application, which every signer agreed to unless a test is about that, and give it a token."""
    with _database(stack) as (_, database):
        new = NewApplication(name=f"Application {os.urandom(4).hex()}", code=asks_code, for_all=for_all, **more)
        made, secret = add_application(database, new)
    return Application(stack, made.client_id, secret)


def new_client(stack: Stack, **more: Any) -> tuple[str, str]:
    """Register an application, and give its id and secret, which is of use only where it is registered with one."""
    with _database(stack) as (_, database):
        made, secret = add_application(database, NewApplication(name=f"Application {os.urandom(4).hex()}", **{"for_all": True} | more))
    return made.client_id, secret


def new_enrollment_url(stack: Stack, user_id: str | None = None, name: str = "山田 太郎") -> str:
    """Let a person enrol; gives the one-time link."""
    user_id = user_id or f"user-{os.urandom(4).hex()}"
    with _database(stack) as (config, database):
        secret = config.ca_registration_file.read_text().strip()
        text, link_sha256 = new_link(asyncio.run(ask_for_code(config.ca_office_url, secret, {"user_id": user_id, "name": name})))
        now = int(time.time())
        link = Link(link_sha256=link_sha256, user_id=user_id, expires=now + LINK_LIFE_S, state="open")
        database.write_now(_add, SignerRecord(user_id, name, secrets.token_bytes(64), now), link)
    return f"{stack.origin}/enroll#{text}"


class Person(Signer):
    """A signer whose link came quickly."""

    def __init__(self, stack: Stack, name: str = "山田 太郎") -> None:
        self._stack = stack
        self.passkey = Passkey()
        url = new_enrollment_url(stack, name=name)
        enrolled = self._with_phone(lambda phone: phone.enroll(url), sign_in=False)
        self.user_id, self.credential_id = enrolled.user_id, enrolled.credential_id


@contextmanager
def _database(stack: Stack) -> Iterator[tuple[Config, Database]]:
    config = read_config(stack.environment)
    database = Database(config.database_url)
    try:
        yield config, database
    finally:
        database.close()


def _add(connection: Connection, signer: SignerRecord, link: Link) -> None:
    if parties.signer(connection, signer.user_id) is None:
        parties.add_signer(connection, signer)
    links.add_link(connection, link)
