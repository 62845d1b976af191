"""The people who may enrol: inviting and listing them, and what each has."""

import re
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from app.authorization.enroll import MADE, transaction_of
from app.clock import system_clock
from app.domain.parties import Signer
from app.operator.desk import Desk
from app.operator.invitation import Invitation
from app.operator.record import recorded
from app.operator.refusal import Refusal, Unknown
from app.operator.replacement import announce, serial_of
from app.operator.ways import ways_of
from app.store import agreements, credentials, links, parties
from hsm.messages import is_plain_text

LONGEST_NAME = 64  # RFC 5280 appendix A.1, ub-common-name
USER_ID = re.compile(r"[A-Za-z0-9._@+-]{1,64}\Z")


def add(
    desk: Desk,
    user_id: str,
    name: str,
    invite: Callable[[Signer, str | None], Invitation],
    *,
    replaces: bool = False,
    agreed: Sequence[str] = (),
) -> Invitation:
    """
    Let a person enrol, also for one more key of a person who is known; `invite` says by which way, and is given the enrolment's name
    where it `replaces` all that the person has. `agreed` are applications to which the person agreed elsewhere.

    Raises:
        Refusal: it can't be, or there is nothing to replace.
    """
    with recorded(desk, "signer add", user_id):
        if not USER_ID.match(user_id):
            raise Refusal("A user id has 1 to 64 letters, digits or . _ @ + -")
        if not 0 < len(name) <= LONGEST_NAME or not name.strip() or not is_plain_text(name):
            raise Refusal(f"A name has 1 to {LONGEST_NAME} characters, none of them control, bidi or zero-width.")
        for client_id in agreed:
            if desk.database.read_now(parties.application, client_id) is None:
                raise Unknown(f"There is no application {client_id}; `natsuin client list` shows them.")
        signer = Signer(user_id, name, secrets.token_bytes(64), int(system_clock()))
        if not replaces:
            invited = invite(signer, None)
        else:
            announced = announce(desk.config, desk.database, user_id)
            invited = announced.told_with(invite(signer, announced.enrollment_id))
        for client_id in agreed:
            desk.database.write_now(agreements.record, user_id, client_id, "agreed", "operator", system_clock())
        return invited


def listed(desk: Desk) -> list[dict[str, Any]]:
    """List the people who may sign."""
    found = desk.database.read_now(parties.all_signers)
    return [{"user_id": one.user_id, "name": one.name, "created": one.created} for one in found]


def shown(desk: Desk, user_id: str) -> dict[str, Any]:
    """Tell a person's keys, what may approve for them, and enrolments that began and did not end; raises Unknown."""
    opened, now = desk.database, system_clock()
    signer = opened.read_now(parties.signer, user_id)
    if signer is None:
        raise Unknown(f"There is no signer {user_id}; `natsuin signer list` shows them.")
    held = opened.read_now(credentials.of_signer, user_id)
    ways = ways_of(desk.config, held)
    keys = [
        {
            "credential_id": one.credential_id,
            "state": "frozen" if one.is_frozen(now) else one.state,
            "not_after": one.not_after,
            "serial": serial_of(one),
            "ways": ways[one.credential_id],
        }
        for one in held
    ]
    devices = [
        {"id": one.ref, "name": one.name, "added": one.created, "last_used": one.last_used, "synced": one.backup_eligible}
        for one in opened.read_now(parties.passkeys_of, user_id)
    ]
    unfinished = [
        {"credential_id": transaction_of(one).credential_id, "made": MADE[one.state]} for one in opened.read_now(links.begun_links, user_id)
    ]
    known = {"user_id": user_id, "name": signer.name, "created": signer.created}
    return known | {"keys": keys, "devices": devices, "unfinished": unfinished}
