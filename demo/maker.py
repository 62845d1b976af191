"""
The maker of a model of passkeys, who attests each that it made (WebAuthn L3 §8.2, `packed`), with a root of its own that means nothing.

`Flaws` make it attest wrongly, one way at a time; what is signed is signed with real cryptography in every case.
"""

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

ES256 = -7
SHA256 = ec.ECDSA(hashes.SHA256())
MODEL = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")  # id-fido-gen-ce-aaguid, WebAuthn L3 §8.2.2
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Flaws:
    """Ways to attest wrongly; each changes one thing."""

    silent: bool = False
    """No attestation, though it was asked for."""
    by_itself: bool = False
    """The passkey attests itself."""
    as_u2f: bool = False
    """As keys from before FIDO2 do (`fido-u2f`, WebAuthn L3 §8.6), which sign neither flags nor model."""
    root_of_its_own: bool = False
    """Behind the certificate stands a root of the same name, with another key."""
    bogus_signature: bool = False
    changed_after_signing: bool = False
    """What was signed is not what is sent."""
    certificate_of_another_model: bool = False
    certificate_for_something_else: bool = False
    """Its subject does not say that it is for attestation."""
    certificate_of_a_ca: bool = False
    certificate_expired: bool = False


FLAWLESS = Flaws()


class Maker:
    """Makes one model; `root` is what a relying party has to know."""

    def __init__(self, flaws: Flaws = FLAWLESS, *, model: uuid.UUID | None = None) -> None:
        self.model = bytes(16) if flaws.as_u2f else (model or uuid.uuid4()).bytes
        self._flaws = flaws
        self._now = datetime.datetime.now(datetime.UTC)
        self._root_name = _name("Maker's Root", "Makers")
        root_key = ec.generate_private_key(ec.SECP256R1())
        self.root = self._certificate(self._root_name, root_key.public_key(), root_key, x509.BasicConstraints(ca=True, path_length=0))
        self._key = ec.generate_private_key(ec.SECP256R1())
        signing = ec.generate_private_key(ec.SECP256R1()) if flaws.root_of_its_own else root_key
        subject = _name("Batch 1", "Something Else" if flaws.certificate_for_something_else else "Authenticator Attestation")
        named = uuid.uuid4().bytes if flaws.certificate_of_another_model else self.model
        self._attesting = self._certificate(
            subject,
            self._key.public_key(),
            signing,
            x509.BasicConstraints(ca=flaws.certificate_of_a_ca, path_length=None),
            x509.UnrecognizedExtension(MODEL, b"\x04\x10" + named),
            begins=-3 * DAY if flaws.certificate_expired else -DAY,
        )

    @property
    def root_pem(self) -> bytes:
        return self.root.public_bytes(Encoding.PEM)

    @property
    def attesting_pem(self) -> bytes:
        """The certificate of the key that attests."""
        return self._attesting.public_bytes(Encoding.PEM)

    @property
    def aaguid(self) -> str:
        return str(uuid.UUID(bytes=self.model))

    def attest(self, signed: bytes, own_key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
        """Give `fmt` and `attStmt` over authenticator data and client data hash."""
        flaws = self._flaws
        statement: dict[str, Any]
        if flaws.silent:
            return {"fmt": "none", "attStmt": {}}
        if flaws.as_u2f:
            statement = {"sig": self._key.sign(_as_u2f(signed, own_key), SHA256), "x5c": [self._attesting.public_bytes(Encoding.DER)]}
            return {"fmt": "fido-u2f", "attStmt": statement}
        key = own_key if flaws.by_itself else ec.generate_private_key(ec.SECP256R1()) if flaws.bogus_signature else self._key
        data = bytes([signed[0] ^ 1]) + signed[1:] if flaws.changed_after_signing else signed
        statement = {"alg": ES256, "sig": key.sign(data, SHA256)}
        if not flaws.by_itself:
            statement["x5c"] = [self._attesting.public_bytes(Encoding.DER)]
        return {"fmt": "packed", "attStmt": statement}

    def _certificate(
        self,
        subject: x509.Name,
        public_key: ec.EllipticCurvePublicKey,
        key: ec.EllipticCurvePrivateKey,
        *extensions: x509.ExtensionType,
        begins: datetime.timedelta = -DAY,
    ) -> x509.Certificate:
        life = 2 * DAY if begins < -DAY else 365 * DAY
        builder = x509.CertificateBuilder(self._root_name, subject, public_key).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(self._now + begins).not_valid_after(self._now + begins + life)
        for extension in extensions:
            builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        return builder.sign(key, hashes.SHA256())


def _as_u2f(signed: bytes, own_key: ec.EllipticCurvePrivateKey) -> bytes:
    """FIDO U2F Raw Message Formats §4.3: application, challenge, key handle, public key."""
    id_end = 55 + int.from_bytes(signed[53:55])
    point = own_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return b"\0" + signed[:32] + signed[-32:] + signed[55:id_end] + point


def _name(common_name: str, unit: str) -> x509.Name:
    named = ((NameOID.COUNTRY_NAME, "JP"), (NameOID.ORGANIZATION_NAME, "Maker"), (NameOID.ORGANIZATIONAL_UNIT_NAME, unit))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in (*named, (NameOID.COMMON_NAME, common_name))])
