"""
`enroll`: a new key pair in the HSM, bound to the passkey that answers the challenge. And `certify`, which registers its certificate.

A repeat of the same enrolment goes on where the first was cut off, and never makes a second key. The trust in who holds the new passkey
comes from the enrolment link and the CA's own check of the person, not from here.
"""

import hashlib

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm.approval import CLOCK_SKEW_S, certificate_sha256
from hsm.assertion import verify_registration
from hsm.credential import complete_destruction
from hsm.csr import certification_request
from hsm.errors import CertificateInvalid, CredentialUnknown, CredentialUnusable, Expired, Malformed, NotNew
from hsm.messages import (
    MAX_LIFE_S,
    CertifyReply,
    CertifyRequest,
    EnrollReply,
    EnrollRequest,
    EnrollTransaction,
    NotCanonical,
    PasskeyRecord,
    challenge,
    parse_transaction,
)
from hsm.records import Credential, Passkey
from hsm.renewal import inherited_freeze
from hsm.replacement import end_replaced
from hsm.revocation import Requirement
from hsm.sam import Sam


def enroll(sam: Sam, request: EnrollRequest) -> EnrollReply:
    """
    Make a signer's key, and give a certification request (PKCS#10) that the new key has signed.

    Raises:
        Refused: the step that failed says which.
        HsmUnavailable: no key was made; the same request may be repeated.
    """
    now = sam.now()
    transaction = parse(request.transaction)  # (0)
    expected = challenge(EnrollTransaction, request.transaction)
    with sam.enrolling:  # a repeat that came while the key is being made would destroy that key as a broken attempt's
        credential = begun(sam, request, transaction)  # (1)
        record = verify_registration(sam.party, request.registration, expected, taken_before=credential is not None)  # (2)
        if credential is None:
            require_current(transaction, now)
            credential = begin(sam, request, transaction, record, now)  # (3)
        if credential.state == "destroyed":
            raise CredentialUnusable(credential.state)
        if credential.csr is None:
            public_key = sam.token.generate_signing_key(credential.key_id, credential.key_algorithm)  # (4)
            csr = certification_request(sam.token, credential, transaction.signer_name, public_key)  # (5)
            with sam.store.change(sam.now()) as change:
                change.finish_enrollment(credential, public_key=public_key, csr=csr)  # (6)
            return EnrollReply(csr, record)
    return EnrollReply(credential.csr, record)


def certify(sam: Sam, request: CertifyRequest) -> CertifyReply:
    """
    Register the certificate of a key that was made, and the certificate of its issuer where that is given.

    With it the keys end that the operator has said this enrolment replaces.

    Raises:
        HsmUnavailable: it is registered, and what it replaces is of no use to anyone, though still on the token.
        CertificateInvalid: it is another key's or another issuer's, there is one already, or the issuer's is needed and not given.
        CredentialUnusable: the key was destroyed.
    """
    now = sam.now()
    try:
        certificate = x509.load_der_x509_certificate(request.certificates[0])
        public_key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateInvalid(f"can't be read: {error}") from None
    credential = sam.store.credential(request.credential_id)
    if credential.public_key is None or public_key != credential.public_key:
        raise CertificateInvalid("it is not this key's")
    if credential.state == "destroyed":
        raise CredentialUnusable(credential.state)
    if credential.certificate is None:
        issuer = issuer_of(sam, certificate, request.certificates)
        frozen_until = inherited_freeze(sam, credential)
        with sam.store.change(now) as change:
            change.certify(credential, request.certificates[0], issuer, frozen_until)
            ended = end_replaced(change, credential)
        for credential_id in ended:
            complete_destruction(sam, credential_id)
    elif credential.certificate != request.certificates[0]:
        raise CertificateInvalid("another certificate was registered before")
    return CertifyReply(
        certificate_sha256=certificate_sha256(certificate),
        not_before=int(certificate.not_valid_before_utc.timestamp()),
        not_after=int(certificate.not_valid_after_utc.timestamp()),
        factors=credential.factors,
    )


def issuer_of(sam: Sam, certificate: x509.Certificate, chain: tuple[bytes, ...]) -> bytes | None:
    """Give the issuer's certificate, whose word on revocation will count; raises CertificateInvalid where it is not the issuer's."""
    if len(chain) < 2:
        if sam.status_policy.requirement is Requirement.REQUIRE:
            raise CertificateInvalid("without its issuer's certificate nobody could tell whether it still stands")
        return None
    try:
        certificate.verify_directly_issued_by(x509.load_der_x509_certificate(chain[1]))
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature) as error:
        raise CertificateInvalid(f"the second certificate is not its issuer's: {type(error).__name__}") from None
    return chain[1]


def parse(raw: bytes) -> EnrollTransaction:
    """(0) Read the transaction strictly, within limits; raises Malformed."""
    try:
        return parse_transaction(raw, EnrollTransaction)
    except NotCanonical as error:
        raise Malformed(str(error)) from None


def begun(sam: Sam, request: EnrollRequest, transaction: EnrollTransaction) -> Credential | None:
    """(1) Give the credential that this very enrolment began before; raises NotNew where another one did."""
    try:
        credential = sam.store.credential(transaction.credential_id)
    except CredentialUnknown:
        return None
    if credential.enrollment_sha256 != enrollment_sha256(request):
        raise NotNew(transaction.credential_id)
    return credential


def require_current(transaction: EnrollTransaction, now: float) -> None:
    """Refuse an enrolment whose time is not now; raises Expired."""
    if not transaction.created - CLOCK_SKEW_S <= now < transaction.expires <= transaction.created + MAX_LIFE_S:
        raise Expired(f"created {transaction.created}, expires {transaction.expires}, now {int(now)}")


def begin(sam: Sam, request: EnrollRequest, transaction: EnrollTransaction, record: PasskeyRecord, now: float) -> Credential:
    """(3) Record, in one transaction, the passkey and the key that is about to be made."""
    credential = Credential(
        credential_id=transaction.credential_id,
        enrollment_id=transaction.id,
        signer=transaction.signer,
        key_algorithm=transaction.key_algorithm,
        enrollment_sha256=enrollment_sha256(request),
        factors=sam.factors,
        state="making",
        certify_by=int(now) + sam.uncertified_life_s,
    )
    passkey = Passkey(
        passkey_id=record.passkey_id,
        enrollment_id=transaction.id,
        signer=transaction.signer,
        user_handle=transaction.user_handle,
        public_key=record.public_key,
        sign_count=record.sign_count,
        backup_eligible=int(record.backup_eligible),
    )
    with sam.store.change(now) as change:
        change.begin_enrollment(credential, passkey)
    return sam.store.credential(transaction.credential_id)


def enrollment_sha256(request: EnrollRequest) -> bytes:
    return hashlib.sha256(msgspec.json.encode(request, order="deterministic")).digest()
