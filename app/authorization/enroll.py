"""
Enrolment: a one-time link becomes a passkey, a key in the HSM and a certificate.

Each stage is recorded, so that a repeat goes on from there.

The link's text is `SECRET.CODE`: the first part is ours and known here only by its hash, the second is the signer's code at the CA and is
passed on without being kept.
"""

import secrets
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from app.domain.identifiers import new_id, secret_sha256
from app.domain.parties import Credential, Passkey, Signer
from app.errors import CertificateUnavailable, LinkUnknown, RegistrationRefused, SamRefused
from app.services import Services
from app.store import credentials, links, parties
from app.store.links import Link
from app.webauthn import b64, creation_options
from hsm.messages import CertifyRequest, EnrollReply, EnrollRequest, EnrollTransaction, challenge

LINK_LIFE_S = 7 * 86_400
CEREMONY_LIFE_S = 3_600


class Welcome(Struct, frozen=True):
    """Who may enrol with a link, and what the browser needs; no options where the passkey is registered already."""

    signer: Signer
    options: dict[str, Any] | None


def new_link(code: str) -> tuple[str, bytes]:
    """Make the text of a link and the hash that it is known by."""
    secret = secrets.token_urlsafe(32)
    return f"{secret}.{code}", secret_sha256(secret)


async def welcome(services: Services, text: str) -> Welcome:
    """Begin, or go on with, an enrolment; raises LinkUnknown."""
    link, signer = await _open(services, text)
    if link.state != "open":
        return Welcome(signer, None)
    now = int(services.now())
    transaction = EnrollTransaction(
        version=1,
        id=new_id(),
        nonce=b64(secrets.token_bytes(32)),
        signer=signer.user_id,
        credential_id=new_id(),
        created=now,
        expires=now + CEREMONY_LIFE_S,
        signer_name=signer.name,
        user_handle=signer.user_handle,
        key_algorithm=services.config.key_algorithm,  # type: ignore[arg-type]  # one of them: `read_config` has checked
    )
    raw = transaction.encode()
    if not await services.database.write(links.advance_link, link, "open", transaction=raw):
        return await welcome(services, text)  # another tab was first
    existing = await services.database.read(parties.passkeys_of, signer.user_id)
    config = services.config
    options = creation_options(config.rp_id, config.service_name, signer, challenge(EnrollTransaction, raw), existing)
    return Welcome(signer, options)


async def enroll(services: Services, text: str, registration: dict[str, Any] | None, device_name: str) -> tuple[Signer, Credential, bytes]:
    """
    Give the signer, the key, and the id of the passkey that was registered for it; the passkey is known by the device's name.

    Register the passkey, have the key made, get its certificate; go on from wherever an earlier call was cut off.

    Raises:
        LinkUnknown, RegistrationRefused: nothing was made.
        SamUnavailable, CertificateUnavailable: the same call, without a new passkey, goes on later.
    """
    link, signer = await _open(services, text)
    if link.state == "open":
        link = await _take_registration(services, link, registration)
    assert link.transaction is not None
    made = await _make_key(services, link)
    transaction = msgspec.json.decode(link.transaction, type=EnrollTransaction)
    certificates = await services.ca.enroll(signer.user_id, text.partition(".")[2], made.csr)
    try:
        certified = await services.sam.certify(CertifyRequest(transaction.credential_id, certificates))
    except SamRefused as refusal:
        raise CertificateUnavailable(f"the SAM refused the certificate: {refusal.code}") from None
    now = int(services.now())
    credential = Credential(
        credential_id=transaction.credential_id,
        user_id=signer.user_id,
        enrollment_id=transaction.id,
        key_algorithm=transaction.key_algorithm,
        certificates=certificates,
        certificate_sha256=certified.certificate_sha256,
        not_before=certified.not_before,
        not_after=certified.not_after,
        created=now,
    )
    record = made.passkey
    passkey = Passkey(
        passkey_id=record.passkey_id,
        user_id=signer.user_id,
        enrollment_id=transaction.id,
        public_key=record.public_key,
        sign_count=record.sign_count,
        backup_eligible=record.backup_eligible,
        name=device_name,
        created=now,
        last_used=now,
    )
    await services.database.write(_finish, link, credential, passkey)
    return signer, credential, passkey.passkey_id


async def _open(services: Services, text: str) -> tuple[Link, Signer]:
    return await services.database.read(_link_and_signer, secret_sha256(text.partition(".")[0]), services.now())


async def _take_registration(services: Services, link: Link, registration: dict[str, Any] | None) -> Link:
    """Record the passkey's answer before the SAM sees it, so that a crash in between makes no second key."""
    if registration is None or link.transaction is None:
        raise RegistrationRefused("there is no registration to go on with")
    raw = msgspec.json.encode(registration)
    if not await services.database.write(links.advance_link, link, "keying", registration=raw):
        raise RegistrationRefused("another registration was first")
    return msgspec.structs.replace(link, state="keying", registration=raw)


async def _make_key(services: Services, link: Link) -> EnrollReply:
    assert link.transaction is not None
    assert link.registration is not None
    try:
        return await services.sam.enroll(EnrollRequest(link.transaction, msgspec.json.decode(link.registration)))
    except SamRefused as refusal:
        await services.database.write(links.advance_link, link, "open", registration=None)
        raise RegistrationRefused(refusal.code) from None


def _link_and_signer(connection: Connection, link_sha256: bytes, now: float) -> tuple[Link, Signer]:
    link = links.usable_link(connection, link_sha256, now)
    signer = parties.signer(connection, link.user_id) if link is not None else None
    if link is None or signer is None:
        raise LinkUnknown
    return link, signer


def _finish(connection: Connection, link: Link, credential: Credential, passkey: Passkey) -> None:
    if links.advance_link(connection, link, "done", registration=None):
        credentials.add(connection, credential)
        parties.add_passkey(connection, passkey)
