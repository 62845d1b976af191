"""
Adding a device, second step: the new device, which holds the link, makes a passkey.

It may not approve anything yet, and nothing goes to the SAM before a registered device approves.
"""

import secrets
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from app.account.begin import LINK_LIFE_S
from app.account.naming import clean_name
from app.domain.account import Addition
from app.domain.identifiers import new_id, secret_sha256
from app.domain.parties import Signer
from app.errors import LinkUnknown, RegistrationRefused, SamRefused, registration_refused
from app.services import Services
from app.store import additions, parties
from app.webauthn import b64, creation_options
from hsm.messages import NewPasskeyTransaction, Registration, challenge


class Invitation(Struct, frozen=True):
    """Whose device it will be, what the new passkey has to answer, and what the browser needs for that."""

    signer: Signer
    transaction: bytes
    options: dict[str, Any]


async def invite(services: Services, secret: str) -> Invitation:
    """Begin on the new device; a device that followed the same link before can't go on. Raises LinkUnknown, SamUnavailable."""
    policy = await services.sam.passkey_policy()
    now = int(services.now())
    addition, signer = await services.database.read(_addition_and_signer, secret)
    if addition.standing(now) != "open":
        raise LinkUnknown
    raw = NewPasskeyTransaction(
        version=1,
        id=new_id(),
        nonce=b64(secrets.token_bytes(32)),
        signer=signer.user_id,
        created=now,
        expires=now + LINK_LIFE_S,
        enrollment_id=addition.enrollment_id,
    ).encode()
    if not await services.database.write(additions.offer, addition, raw):
        raise LinkUnknown  # another device was first
    existing = await services.database.read(parties.passkeys_of, signer.user_id)
    config = services.config
    expected = challenge(NewPasskeyTransaction, raw)
    options = creation_options(config.rp_id, config.service_name, signer, expected, existing, hints=(), attested=policy.attestation)
    return Invitation(signer, raw, options)


async def make(services: Services, secret: str, registration: dict[str, Any], name: str) -> Addition:
    """
    Take the new passkey's answer; the same answer may be sent again.

    Raises:
        LinkUnknown: the link is over, or another device was first.
        RegistrationRefused: it does not verify, is not an answer to what was asked last, or its passkey is known already.
        PasskeyUnacceptable, PasskeySynced: it is not of a kind that is taken; the link is good for another one.
        SamUnavailable: the same answer may be sent again.
        NameRefused: the device can't be called so.
    """
    name = clean_name(name)
    now = services.now()
    addition, _ = await services.database.read(_addition_and_signer, secret)
    sent = msgspec.json.encode(registration)
    if addition.standing(now) == "made" and addition.registration == sent:
        return addition
    if addition.standing(now) != "open":
        raise LinkUnknown
    if addition.transaction is None:
        raise RegistrationRefused("nothing was asked yet")
    try:
        registered = await services.sam.examine(Registration(addition.transaction, registration))
    except SamRefused as refusal:
        raise registration_refused(refusal) from None
    made = msgspec.structs.asdict(registered) | {
        "registration": sent,
        "name": name,
        "expires": msgspec.json.decode(addition.transaction, type=NewPasskeyTransaction).expires,
    }
    await services.database.write(_record, addition, made)
    return (await services.database.read(_addition_and_signer, secret))[0]


async def standing(services: Services, secret: str) -> Addition:
    """Tell the new device how its addition stands; raises LinkUnknown."""
    return (await services.database.read(_addition_and_signer, secret))[0]


def _record(connection: Connection, addition: Addition, made: dict[str, Any]) -> None:
    if parties.passkey(connection, made["passkey_id"]) is not None:
        raise RegistrationRefused("this passkey is known already")
    if not additions.make(connection, addition, made):
        raise RegistrationRefused("another device was first")


def _addition_and_signer(connection: Connection, secret: str) -> tuple[Addition, Signer]:
    addition = additions.by_link(connection, secret_sha256(secret))
    signer = parties.signer(connection, addition.user_id) if addition is not None else None
    if addition is None or signer is None:
        raise LinkUnknown
    return addition, signer
