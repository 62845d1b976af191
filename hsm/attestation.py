"""
Which new passkeys are taken: the operator's policy, and the attestation that shows of which model one is (WebAuthn L3 §6.5, §8).

The `webauthn` library has verified the statement's signature before. Whose it is, is looked at here: without roots the library trusts
anyone, and for some formats it trusts roots of its own as well. Whether a maker has revoked a model (FIDO MDS) is not looked at.
"""

from collections.abc import Sequence

from cryptography import x509
from cryptography.x509.oid import NameOID
from msgspec import Struct
from webauthn.helpers import parse_attestation_object, validate_certificate_chain
from webauthn.helpers.exceptions import InvalidCertificateChain
from webauthn.helpers.structs import AttestationFormat, CredentialDeviceType
from webauthn.registration.verify_registration_response import VerifiedRegistration

from hsm.errors import PasskeySynced, PasskeyUnacceptable

# Not among them: `none` shows nothing, `fido-u2f` signs neither the flags nor the model, and `android-safetynet` was ended by Google.
FORMATS = (AttestationFormat.PACKED, AttestationFormat.TPM, AttestationFormat.ANDROID_KEY, AttestationFormat.APPLE)
MODEL = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")  # id-fido-gen-ce-aaguid, WebAuthn L3 §8.2.2
OCTET_STRING_OF_16 = b"\x04\x10"
UNIT = "Authenticator Attestation"


class PasskeyPolicy(Struct, frozen=True):
    """
    What the operator takes for a new passkey; by default everything.

    `roots` (PEM) are the makers' certificates that count: where there are any, a passkey without attestation is refused. `models` (AAGUIDs)
    are those that are taken; all, where none is named. `synced` says whether a passkey may be one that its provider copies elsewhere.
    """

    roots: tuple[bytes, ...] = ()
    models: tuple[str, ...] = ()
    synced: bool = True


EVERYTHING = PasskeyPolicy()


def require_taken(policy: PasskeyPolicy, made: VerifiedRegistration) -> None:
    """
    Refuse a new passkey that the operator does not take.

    Raises:
        PasskeySynced: it may be copied to other devices.
        PasskeyUnacceptable: nobody who counts says of which model it is, or it is of one that is not taken.
    """
    if not policy.synced and made.credential_device_type is CredentialDeviceType.MULTI_DEVICE:
        raise PasskeySynced(f"synced, of model {made.aaguid}")
    if not policy.roots:
        return
    if made.fmt not in FORMATS:
        raise PasskeyUnacceptable(f"attestation {made.fmt!s}")
    attesting = _attesting(made, policy.roots)
    _require_model(attesting, made.aaguid)
    if made.fmt == AttestationFormat.PACKED:
        _require_for_attestation(attesting)
    if policy.models and made.aaguid not in policy.models:
        raise PasskeyUnacceptable(f"model {made.aaguid}")


def _attesting(made: VerifiedRegistration, roots: Sequence[bytes]) -> x509.Certificate:
    """Give the certificate of who attests, where one of the roots stands behind it."""
    chain = parse_attestation_object(made.attestation_object).att_stmt.x5c
    if not chain:
        raise PasskeyUnacceptable("it attests itself")
    if not any(_stands_behind(root, chain) for root in roots):
        raise PasskeyUnacceptable("none of the roots stands behind its attestation")
    return x509.load_der_x509_certificate(chain[0])


def _stands_behind(root: bytes, chain: list[bytes]) -> bool:
    """One root at a time: of two that have one name, OpenSSL would look at one only."""
    try:
        return validate_certificate_chain(x5c=chain, pem_root_certs_bytes=[root])
    except InvalidCertificateChain:
        return False


def _require_model(attesting: x509.Certificate, model: str) -> None:
    """A certificate that is for one model speaks for no other."""
    for extension in attesting.extensions:
        if extension.oid == MODEL:
            named = extension.value.public_bytes()
            if extension.critical or named != OCTET_STRING_OF_16 + bytes.fromhex(model.replace("-", "")):
                raise PasskeyUnacceptable("attested with another model's certificate")


def _require_for_attestation(attesting: x509.Certificate) -> None:
    """WebAuthn L3 §8.2.1: a maker's root stands behind certificates for other uses too, whose keys sign whatever their holders want."""
    units = [name.value for name in attesting.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)]
    constraints = [one.value for one in attesting.extensions if isinstance(one.value, x509.BasicConstraints)]
    if attesting.version is not x509.Version.v3 or units != [UNIT] or [one.ca for one in constraints] != [False]:
        raise PasskeyUnacceptable("attested with a certificate that is for something else")
