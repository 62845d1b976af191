"""Reading a certificate request (PKCS #10, RFC 2986): signed by its own key, of a kind that is allowed, and what else it says."""

import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes, PublicKeyTypes
from cryptography.x509.oid import AttributeOID, ExtendedKeyUsageOID, NameOID

from demo.ca.errors import CsrRefused

RSA_BITS = (2048, 3072, 4096)
CURVES = (ec.SECP256R1, ec.SECP384R1)
RENEWAL_APPROVAL = x509.ObjectIdentifier("2.25.128706472020866307858725443921526744226")
"""An attribute of ours, under an arc that is free to all (ITU-T X.667): docs/ca.md."""
FACTORS = (
    x509.ObjectIdentifier("2.25.186561797994228706462385512438375760382"),
    x509.ObjectIdentifier("2.25.306495477048051033087765285690102819762"),
)
"""Certificate policies that a request may ask for: the key signs after its person's passkey alone, or after a one-time password too."""
HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)


@dataclass(frozen=True)
class Csr:
    """What a request says; `subject` is only compared, never certified unseen."""

    public_key: CertificatePublicKeyTypes
    sha256: bytes
    subject: x509.Name
    alternative_names: x509.SubjectAlternativeName | None
    challenge_password: str | None
    asks_for_client_auth: bool
    renewal_approval: str | None = None
    policy: x509.ObjectIdentifier | None = None

    @property
    def user_id(self) -> str | None:
        """The uid of the subject, where there is exactly one."""
        found = self.subject.get_attributes_for_oid(NameOID.USER_ID)
        return str(found[0].value) if len(found) == 1 else None


def read_csr(der: bytes) -> Csr:
    """
    Return what the request says, and the key that it proves to hold.

    Raises:
        CsrRefused: malformed, signed by another key or with a weak hash, or the key is not allowed.
    """
    try:
        csr = x509.load_der_x509_csr(der)
        public_key = csr.public_key()
        is_signed_by_its_key = csr.is_signature_valid
        signature_hash = csr.signature_hash_algorithm
        extensions = csr.extensions
        read = Csr(
            public_key,
            hashlib.sha256(der).digest(),
            csr.subject,
            _alternative_names(extensions),
            _text_attribute(csr, AttributeOID.CHALLENGE_PASSWORD),
            _asks_for_client_auth(extensions),
            _text_attribute(csr, RENEWAL_APPROVAL),
            _policy(extensions),
        )
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension) as error:
        raise CsrRefused("this is not a PKCS #10 request that can be read") from error
    if not is_signed_by_its_key:
        raise CsrRefused("the request is not signed by its own key")
    if not isinstance(signature_hash, HASHES):
        raise CsrRefused("the request must be signed with SHA-256, SHA-384 or SHA-512")
    allowed_key(public_key)
    return read


def allowed_key(public_key: PublicKeyTypes) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    """Return a key of a kind that is certified here; raises CsrRefused."""
    if isinstance(public_key, rsa.RSAPublicKey) and public_key.key_size in RSA_BITS:
        return public_key
    if isinstance(public_key, ec.EllipticCurvePublicKey) and isinstance(public_key.curve, CURVES):
        return public_key
    raise CsrRefused("the key must be RSA with 2048, 3072 or 4096 bits, or on the curve P-256 or P-384")


def _text_attribute(csr: x509.CertificateSigningRequest, oid: x509.ObjectIdentifier) -> str | None:
    """Read an attribute that is text, such as challengePassword (RFC 2985 §5.4.1)."""
    try:
        return csr.attributes.get_attribute_for_oid(oid).value.decode()
    except x509.AttributeNotFound:
        return None


def _alternative_names(extensions: x509.Extensions) -> x509.SubjectAlternativeName | None:
    try:
        return extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None


def _asks_for_client_auth(extensions: x509.Extensions) -> bool:
    try:
        return ExtendedKeyUsageOID.CLIENT_AUTH in extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False


def _policy(extensions: x509.Extensions) -> x509.ObjectIdentifier | None:
    """Read which of the known policies is asked for; others, and several, are left aside."""
    try:
        asked = extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return None
    known = [one.policy_identifier for one in asked if one.policy_identifier in FACTORS]
    return known[0] if len(known) == 1 else None
