"""
Changes that need a passkey, first step: the transaction is composed, and waits for the passkey.

Adding and removing a device, using a frozen key again, destroying a key, renewing one, recovery codes. Composing one changes nothing.
"""

import hashlib
import re
import secrets
from collections.abc import Callable
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection

from app.account.renew import is_time_to_renew, under_way_of
from app.domain.account import Change
from app.domain.identifiers import new_id
from app.domain.parties import Credential, Passkey
from app.errors import ChangeOver, LastPasskey, SubjectUnknown, TooManyOpen
from app.services import Services
from app.store import additions, changes, credentials, parties
from app.webauthn import b64
from hsm.messages import (
    MAX_AMENDMENT_LIFE_S,
    MAX_RECOVERY_CODES,
    AddPasskeyTransaction,
    Amendment,
    DestroyTransaction,
    RemovePasskeyTransaction,
    RenewTransaction,
    SetRecoveryTransaction,
    UnfreezeTransaction,
)

MOST_OPEN = 20
HASH = re.compile("[0-9a-f]{64}")


class Proposal(Struct, frozen=True):
    """A change that waits for a passkey, its transaction, and which passkeys may approve it."""

    change: Change
    amendment: Amendment
    allowed: list[Passkey]


Compose = Callable[[Connection, str, str, int], Proposal]


async def propose(services: Services, user_id: str, kind: str, subject: str) -> Proposal:
    """
    Compose a change of this kind for what is named: an addition, a device, a key.

    Raises:
        SubjectUnknown: there is no such thing, or it is another signer's.
        ChangeOver: there is nothing to change.
        LastPasskey: it would leave nothing to approve with.
        TooManyOpen: the signer has enough of them waiting.
    """
    proposal = await services.database.read(KINDS[kind], user_id, subject, int(services.now()))
    if kind == "renew" and not is_time_to_renew(
        services.config, await services.database.read(key_of_signer, user_id, subject), services.now()
    ):
        raise ChangeOver
    return await keep(services, proposal)


async def keep(services: Services, proposal: Proposal) -> Proposal:
    """Let a change that was composed wait for its passkey; raises TooManyOpen."""
    if not await services.database.write(changes.add_if_room, proposal.change, MOST_OPEN, services.now()):
        raise TooManyOpen(retry_after_s=60)
    return proposal


def _add(connection: Connection, user_id: str, subject: str, now: int) -> Proposal:
    addition = additions.of_signer(connection, subject, user_id)
    if addition is None:
        raise SubjectUnknown
    if addition.standing(now) != "made":
        raise ChangeOver
    assert addition.transaction is not None
    amendment = AddPasskeyTransaction(
        **common_fields(user_id, addition.enrollment_id, now),
        passkey_id=addition.passkey_id or b"",
        public_key=addition.public_key or b"",
        made_over_sha256=hashlib.sha256(addition.transaction).hexdigest(),
        name=addition.name,
    )
    return proposal_of(connection, amendment, addition.id)


def _remove(connection: Connection, user_id: str, subject: str, now: int) -> Proposal:
    passkey = device_of_signer(connection, user_id, subject)
    common = common_fields(user_id, passkey.enrollment_id, now)
    amendment = RemovePasskeyTransaction(**common, passkey_id=passkey.passkey_id, name=passkey.name)
    proposal = proposal_of(connection, amendment, without=passkey.passkey_id)
    if not proposal.allowed:
        raise LastPasskey
    return proposal


def _unfreeze(connection: Connection, user_id: str, subject: str, now: int) -> Proposal:
    credential = key_of_signer(connection, user_id, subject)
    if not credential.is_frozen(now):
        raise ChangeOver
    common = common_fields(user_id, credential.enrollment_id, now)
    return proposal_of(connection, UnfreezeTransaction(**common, credential_id=credential.credential_id))


def _destroy(connection: Connection, user_id: str, subject: str, now: int) -> Proposal:
    credential = key_of_signer(connection, user_id, subject)
    if credential.state != "enabled":
        raise ChangeOver
    common = common_fields(user_id, credential.enrollment_id, now)
    return proposal_of(connection, DestroyTransaction(**common, credential_id=credential.credential_id))


def _renew(connection: Connection, user_id: str, subject: str, now: int) -> Proposal:
    credential = key_of_signer(connection, user_id, subject)
    if subject in under_way_of(connection, user_id):
        raise ChangeOver
    amendment = RenewTransaction(
        **common_fields(user_id, credential.enrollment_id, now),
        credential_id=credential.credential_id,
        certificate_sha256=credential.certificate_sha256,
        new_credential_id=new_id(),
        key_algorithm=credential.key_algorithm,
    )
    return proposal_of(connection, amendment)


def _set_recovery(connection: Connection, user_id: str, subject: str, now: int) -> Proposal:
    """`subject` is the enrolment, and after a space each the hashes of the codes; the codes themselves never come here."""
    enrollment_id, *codes = subject.split(" ")
    if all(one.enrollment_id != enrollment_id for one in parties.passkeys_of(connection, user_id)):
        raise SubjectUnknown
    if len(codes) > MAX_RECOVERY_CODES or not all(HASH.fullmatch(code) for code in codes) or len(set(codes)) != len(codes):
        raise SubjectUnknown
    return proposal_of(connection, SetRecoveryTransaction(**common_fields(user_id, enrollment_id, now), codes=tuple(codes)))


KINDS: dict[str, Compose] = {
    "add_passkey": _add,
    "remove_passkey": _remove,
    "unfreeze": _unfreeze,
    "destroy": _destroy,
    "renew": _renew,
    "set_recovery": _set_recovery,
}


def device_of_signer(connection: Connection, user_id: str, ref: str) -> Passkey:
    """Give the signer's device of this short name; raises SubjectUnknown."""
    found = [one for one in parties.passkeys_of(connection, user_id) if one.ref == ref]
    if not found:
        raise SubjectUnknown
    return found[0]


def key_of_signer(connection: Connection, user_id: str, credential_id: str) -> Credential:
    """Give the signer's key; raises SubjectUnknown."""
    credential = credentials.get(connection, credential_id)
    if credential is None or credential.user_id != user_id:
        raise SubjectUnknown
    return credential


def common_fields(user_id: str, enrollment_id: str, now: int) -> dict[str, Any]:
    """Give what every kind of amendment carries."""
    return {
        "version": 1,
        "id": new_id(),
        "nonce": b64(secrets.token_bytes(32)),
        "signer": user_id,
        "created": now,
        "expires": now + MAX_AMENDMENT_LIFE_S,
        "enrollment_id": enrollment_id,
    }


def proposal_of(connection: Connection, amendment: Amendment, addition_id: str | None = None, without: bytes | None = None) -> Proposal:
    """Let every passkey of the enrolment approve an amendment, but for one."""
    allowed = [one for one in parties.passkeys_for(connection, amendment.enrollment_id) if one.passkey_id != without]
    change = Change(
        id=amendment.id, user_id=amendment.signer, transaction=amendment.encode(), addition_id=addition_id, expires=amendment.expires
    )
    return Proposal(change, amendment, allowed)
