"""
CIBA's ping (Core 1.0 §10.2): that a backchannel authentication has ended, told to the application at the address it was registered with.

What is told is made here; whoever sends notifications takes it from here when an authorization has ended, and says so in `metadata`.
"""

from msgspec import Struct
from sqlalchemy import Connection

from app.store import grants


class Ping(Struct, frozen=True):
    """One notification: its JSON body, and the bearer token that the application chose for it, which is a secret."""

    client_id: str
    bearer: str
    body: dict[str, str]

    def __repr__(self) -> str:
        return "<Ping>"


def ping_of(connection: Connection, authorization_id: str) -> Ping | None:
    """Give what is to be told of the end of an authorization; None where nobody wants to be told in this way."""
    grant = grants.by_authorization(connection, authorization_id)
    if grant is None or grant.kind != "ciba" or grant.request.notification_token is None:
        return None
    return Ping(grant.client_id, grant.request.notification_token, {"auth_req_id": grant.id})
