"""
Applying with a certificate that one has already: the application is signed with it (CMS), which identifies the person without a letter.

The order is: believe the signature, read the application, compare it with the certificate, and only then issue for the key that it names.
"""

import base64
import binascii
import hashlib
from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key

from demo.ca.applications import Application, check
from demo.ca.csr import Csr, allowed_key, read_csr
from demo.ca.errors import ApplicationRefused, CsrRefused, SignatureRefused
from demo.ca.existing_certificate import name_of, same_name, verify_signed
from demo.ca.office import Office

MADE_WITHIN = timedelta(days=1)
CLOCKS_DIFFER_BY = timedelta(minutes=5)


class SignedApplication(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    What is signed, as JSON: for which purpose and which CA, so that it can't be used for another; who; when; and the new key.

    The key is either a request (`csr`, PKCS #10) or a bare key (`public_key`, SPKI), base64 of DER. `replaces`: the person's earlier
    certificates are revoked.
    """

    purpose: Literal["natsuin/certificate-application"]
    ca: str
    user_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    created: Annotated[datetime, msgspec.Meta(tz=True)]
    csr: str = ""
    public_key: str = ""
    replaces: bool = False


async def apply_signed(office: Office, der: bytes) -> x509.Certificate:
    """
    Issue for an application that was signed with an existing certificate; the same application again gets the same certificate.

    Raises:
        SignatureRefused: signature or certificate are not believed, or the certificate is another person's.
        ApplicationRefused: not of this form, for another CA, too old, or the user id is somebody else's.
        CsrRefused: the key is not allowed, or has a certificate already.
    """
    now = office.now()
    signed = await verify_signed(der, office.config.trusted, now)
    application = _read(signed.content, office.config.url, now)
    name = name_of(signed.certificate)
    if not same_name(name, application.name):
        raise SignatureRefused("the certificate is not the applicant's", "another_person")
    identity = hashlib.sha256(signed.certificate.issuer.public_bytes() + signed.certificate.subject.public_bytes()).digest()
    who = check(Application(application.user_id, application.name, replaces=application.replaces))
    return office.enrollment.enroll_identified(who, identity, hashlib.sha256(signed.content).digest(), _key(application), now)


def _read(content: bytes, ca: str, now: datetime) -> SignedApplication:
    try:
        application = msgspec.json.decode(content, type=SignedApplication)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ApplicationRefused(str(error)) from error
    if application.ca != ca:
        raise ApplicationRefused(f"this application is for another CA; here it must say {ca}", "ca")
    if not -CLOCKS_DIFFER_BY <= now - application.created <= MADE_WITHIN:
        raise ApplicationRefused("this application was not made within a day", "created")
    return application


def _key(application: SignedApplication) -> Csr:
    if bool(application.csr) == bool(application.public_key):
        raise CsrRefused("an application names one key, as csr or as public_key")
    try:
        der = base64.b64decode(application.csr or application.public_key, validate=True)
    except binascii.Error as error:
        raise CsrRefused("the key must be base64") from error
    if application.csr:
        return read_csr(der)
    try:
        public_key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CsrRefused("this is not a public key that can be read") from error
    return Csr(allowed_key(public_key), hashlib.sha256(der).digest(), x509.Name([]), None, None, asks_for_client_auth=False)
