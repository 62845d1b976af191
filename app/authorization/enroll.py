"""
Enrolment: a letter's code, or a one-time link, becomes a passkey, a key in the HSM and a certificate.

Each stage is recorded, so that a repeat goes on from there, whichever part died in between, and nothing is made twice.
"""

import secrets
import unicodedata
from contextlib import suppress
from typing import Any

import msgspec
from cryptography import x509
from cryptography.x509.oid import NameOID
from msgspec import Struct
from sqlalchemy import Connection

from app.authorization.replace import destroyed_keys, record_replaced
from app.domain.identifiers import new_id
from app.domain.link import EnrollmentLink, read_link
from app.domain.parties import Credential, Passkey, Signer
from app.errors import ApplicationRefused, CertificateUnavailable, LinkUnknown, RegistrationRefused, SamRefused, registration_refused
from app.services import Services
from app.store import credentials, links, parties
from app.store.links import Link
from app.webauthn import b64, creation_options
from hsm.messages import CertifyRequest, EnrollReply, EnrollRequest, EnrollTransaction, ErrorCode, PasskeyRecord, challenge

LINK_LIFE_S = 7 * 86_400
CEREMONY_LIFE_S = 3_600
MADE = {"open": None, "keying": "passkey", "certifying": "key"}
"""How far an enrolment has come, by its state."""


class Welcome(Struct, frozen=True):
    """
    Who may enrol, what is made already, and what the browser needs for a passkey: no options where that is registered already.

    `application` is due or sent where the person applies with a certificate, not with a code.
    """

    signer: Signer
    made: str | None
    options: dict[str, Any] | None
    application: str | None


class Enrolled(Struct, frozen=True):
    """The end; `here` means that whoever asked is the one whose passkey was registered."""

    signer: Signer
    credential: Credential
    passkey_id: bytes
    here: bool


class Awaited(Struct, frozen=True):
    """The CA has not decided on a key for which its holder applies with a certificate; whether the application is due, or sent."""

    application: str


class Registration(Struct, frozen=True):
    """A new passkey's answer (RegistrationResponseJSON), and what its device is called."""

    answer: dict[str, Any]
    device_name: str


class _Progress(Struct, frozen=True):
    """One call's view of an enrolment whose key is made."""

    link: Link
    signer: Signer
    code: str
    registration: Registration
    made: EnrollReply
    here: bool


async def welcome(services: Services, text: str) -> Welcome:
    """
    Begin, or go on with, an enrolment.

    Raises:
        LinkUnknown: never given, used, or over.
        CodeRefused: the CA would certify nothing for this code, so no passkey and no key are made for it.
        SamUnavailable: it does not say which passkeys it takes.
    """
    given, link, signer = await _open(services, text)
    if link.state != "open":
        return Welcome(signer, MADE[link.state], None, link.application)
    if link.application is None:
        with suppress(CertificateUnavailable):  # a CA that is silent keeps nobody from beginning: it is asked again for the certificate
            await services.ca.identify(signer.user_id, given.code)
    policy = await services.sam.passkey_policy()
    now = int(services.now())
    transaction = EnrollTransaction(
        version=1,
        id=link.replaces_as or new_id(),
        nonce=b64(secrets.token_bytes(32)),
        signer=signer.user_id,
        credential_id=new_id(),
        created=now,
        expires=now + CEREMONY_LIFE_S,
        signer_name=signer.name,
        user_handle=signer.user_handle,
        key_algorithm=services.config.key_algorithm,
    )
    raw = transaction.encode()
    if not await services.database.write(links.advance_link, link, "open", transaction=raw):
        return await welcome(services, text)  # another tab was first
    # What is to be replaced keeps no device from being registered again.
    existing = await services.database.read(parties.passkeys_of, signer.user_id) if link.replaces_as is None else []
    config = services.config
    expected = challenge(EnrollTransaction, raw)
    options = creation_options(config.rp_id, config.service_name, signer, expected, existing, attested=policy.attestation)
    return Welcome(signer, None, options, link.application)


async def make_key(services: Services, text: str, registration: Registration | None) -> None:
    """
    Register the passkey and have the key made, once; go on from wherever an earlier call was cut off.

    Raises:
        LinkUnknown, RegistrationRefused, PasskeyUnacceptable, PasskeySynced: nothing was made by this call.
        SamUnavailable: the same call, without a new passkey, goes on later.
    """
    await _progress(services, text, registration)


async def enroll(services: Services, text: str, registration: Registration | None) -> Enrolled | Awaited:
    """
    Do what `make_key` does where it was not done, and get the key's certificate; the passkey is known by the device's name.

    Raises:
        LinkUnknown, RegistrationRefused, PasskeyUnacceptable, PasskeySynced: as `make_key`.
        CodeRefused: the CA does not take the code; the key waits for the right code of the same link.
        ApplicationRefused: the CA has certified the key for somebody else, who had applied for it.
        SamUnavailable, CertificateUnavailable: the same call, without a new passkey, goes on later.
    """
    progress = await _progress(services, text, registration)
    transaction = transaction_of(progress.link)
    certificates = await _certificates(services, progress)
    if certificates is None:
        return Awaited(progress.link.application or "due")
    try:
        certified = await services.sam.certify(CertifyRequest(transaction.credential_id, certificates))
    except SamRefused as refusal:
        raise CertificateUnavailable(f"the SAM refused the certificate: {refusal.code}") from None
    now = int(services.now())
    credential = Credential(
        credential_id=transaction.credential_id,
        user_id=transaction.signer,
        enrollment_id=transaction.id,
        key_algorithm=transaction.key_algorithm,
        factors=certified.factors,
        certificates=certificates,
        certificate_sha256=certified.certificate_sha256,
        not_before=certified.not_before,
        not_after=certified.not_after,
        created=now,
    )
    passkey = _passkey(progress.made.passkey, transaction, progress.registration.device_name, now)
    replaced = await destroyed_keys(services, transaction.signer) if progress.link.replaces_as is not None else []
    await services.database.write(_finish, progress.link, credential, passkey, replaced)
    return Enrolled(progress.signer, credential, passkey.passkey_id, progress.here)


def transaction_of(link: Link) -> EnrollTransaction:
    """Give the transaction of an enrolment that has begun."""
    assert link.transaction is not None
    return msgspec.json.decode(link.transaction, type=EnrollTransaction)


async def csr_of(services: Services, text: str, registration: Registration | None) -> tuple[Link, Signer, bytes]:
    """Give the request (PKCS#10, DER) of the key that is made, or now is, for a person who applies; raises as `make_key` does."""
    progress = await _progress(services, text, registration)
    if progress.link.application is None:
        raise LinkUnknown
    return progress.link, progress.signer, progress.made.csr


async def _certificates(services: Services, progress: _Progress) -> tuple[bytes, ...] | None:
    if progress.link.application is None:
        return await services.ca.enroll(progress.signer.user_id, progress.code, progress.made.csr)
    collected = await services.ca.collect(progress.made.csr)
    if collected is not None:
        require_named(collected[0], progress.signer.name)
    return collected


def require_named(certificate: bytes, name: str) -> None:
    """
    Make sure that a certificate (DER) names this person; width of letters and of spaces does not count.

    With a code the CA knows for whom it certifies; without one, whoever applied for the key has said so. Raises ApplicationRefused.
    """
    named = x509.load_der_x509_certificate(certificate).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if [_plain(str(one.value)) for one in named] != [_plain(name)]:
        raise ApplicationRefused("another_person")


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).split())


async def _progress(services: Services, text: str, registration: Registration | None) -> _Progress:
    given, link, signer = await _open(services, text)
    if link.state == "open":
        link = await _take_registration(services, text, link, registration)
    assert link.registration is not None
    kept = msgspec.json.decode(link.registration, type=Registration)
    if registration is not None and registration.answer != kept.answer:
        raise RegistrationRefused("another registration was first")
    made = await _key(services, link, kept)
    if link.state == "keying":
        await services.database.write(links.advance_link, link, "certifying")  # or another call for the same key did
        link = msgspec.structs.replace(link, state="certifying")
    return _Progress(link, signer, given.code, kept, made, registration is not None)


async def _open(services: Services, text: str) -> tuple[EnrollmentLink, Link, Signer]:
    given = read_link(text)
    return given, *await services.database.read(_link_and_signer, given.sha256, services.now())


async def _take_registration(services: Services, text: str, link: Link, registration: Registration | None) -> Link:
    """Record the passkey's answer before the SAM sees it, so that a crash in between makes no second key."""
    if registration is None or link.transaction is None:
        raise RegistrationRefused("there is no registration to go on with")
    raw = msgspec.json.encode(registration)
    if await services.database.write(links.advance_link, link, "keying", registration=raw):
        return msgspec.structs.replace(link, state="keying", registration=raw)
    _, current, _ = await _open(services, text)
    if current.state == "open":
        raise RegistrationRefused("the link was opened anew since")
    return current


async def _key(services: Services, link: Link, registration: Registration) -> EnrollReply:
    """Have the key made; where it is made already, the SAM says the same again. Only what never began may begin anew."""
    assert link.transaction is not None
    try:
        return await services.sam.enroll(EnrollRequest(link.transaction, registration.answer))
    except SamRefused as refusal:
        if refusal.code is ErrorCode.CREDENTIAL_UNUSABLE:  # the SAM has forgotten the key: this code opens nothing any more
            await services.database.write(links.advance_link, link, "done", registration=None)
            raise LinkUnknown from None
        if link.state == "keying":
            await services.database.write(links.advance_link, link, "open", registration=None)
        raise registration_refused(refusal) from None


def _passkey(record: PasskeyRecord, transaction: EnrollTransaction, device_name: str, now: int) -> Passkey:
    return Passkey(
        passkey_id=record.passkey_id,
        user_id=transaction.signer,
        enrollment_id=transaction.id,
        public_key=record.public_key,
        sign_count=record.sign_count,
        backup_eligible=record.backup_eligible,
        name=device_name,
        created=now,
        last_used=now,
    )


def _link_and_signer(connection: Connection, link_sha256: bytes, now: float) -> tuple[Link, Signer]:
    link = links.usable_link(connection, link_sha256, now)
    signer = parties.signer(connection, link.user_id) if link is not None else None
    if link is None or signer is None:
        raise LinkUnknown
    return link, signer


def _finish(connection: Connection, link: Link, credential: Credential, passkey: Passkey, replaced: list[Credential]) -> None:
    if links.advance_link(connection, link, "done", registration=None):
        record_replaced(connection, replaced, credential.created)
        credentials.add(connection, credential)
        parties.add_passkey(connection, passkey)
