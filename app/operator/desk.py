"""What an operator's act works with: the settings, the database, and who acts."""

from msgspec import Struct

from app.config import Config
from app.store.database import Database


class Actor(Struct, frozen=True):
    """Who acts, as the operating system or a certificate says, and by which way: command line, socket or tls."""

    name: str
    way: str


class Desk(Struct, frozen=True):
    """Given to every act."""

    config: Config
    database: Database
    actor: Actor
