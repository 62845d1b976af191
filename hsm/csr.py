"""
A certification request (PKCS#10, RFC 2986) that is signed by a key on the token; for a renewal with the old key's approval in it.

It asks for the certificate policy that says which factors the key takes. That and the approval are ours, and a CA that does not know them
leaves them aside: docs/ca.md describes them.
"""

import base64
import hashlib
from contextlib import suppress
from typing import Any, NoReturn

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder
from cryptography.x509.oid import NameOID

from hsm.cryptoki import Token
from hsm.messages import Factors
from hsm.policy import Padding, Scheme
from hsm.records import Credential

MAX_COMMON_NAME_BYTES = 64
X520_NAME = x509.ObjectIdentifier("2.5.4.41")
RENEWAL_APPROVAL = x509.ObjectIdentifier("2.25.128706472020866307858725443921526744226")
POLICIES: dict[Factors, x509.ObjectIdentifier] = {
    "passkey": x509.ObjectIdentifier("2.25.186561797994228706462385512438375760382"),
    "passkey_or_otp": x509.ObjectIdentifier("2.25.306495477048051033087765285690102819762"),
}
"""What may approve for the key, as a certificate policy (RFC 5280 §4.2.1.4)."""


def certification_request(token: Token, credential: Credential, signer_name: str, public_key: bytes) -> bytes:
    """Ask, in DER, for a certificate of `public_key` (SubjectPublicKeyInfo) for the signer; the new key signs it with SHA-256."""
    # `cryptography` counts the upper bound of a common name in bytes; X.520's `name` has none.
    name = NameOID.COMMON_NAME if len(signer_name.encode()) <= MAX_COMMON_NAME_BYTES else X520_NAME
    # Not serialNumber: that is a PrintableString, which has no place for `@` and `_`.
    subject = x509.Name([x509.NameAttribute(name, signer_name), x509.NameAttribute(NameOID.USER_ID, credential.signer)])
    key = _key(token, credential.key_id, public_key)
    asked = x509.CertificateSigningRequestBuilder(subject).add_extension(_policy(credential), critical=False)
    return asked.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def renewal_request(token: Token, old: Credential, certificate: x509.Certificate, new: Credential, public_key: bytes) -> bytes:
    """
    Ask, in DER, for a certificate of `public_key` in the place of `certificate`, the old key's, with its names (RFC 7030 §4.2.2).

    The old key signs, once: CMS SignedData (RFC 5652) around the same request without this attribute.
    """
    key = _key(token, new.key_id, public_key)
    asked = x509.CertificateSigningRequestBuilder(certificate.subject).add_extension(_policy(new), critical=False)
    with suppress(x509.ExtensionNotFound):
        alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        asked = asked.add_extension(alternative.value, alternative.critical)
    bare = asked.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    signer = _key(token, old.key_id, old.public_key or b"")
    signed = PKCS7SignatureBuilder().set_data(bare).add_signer(certificate, signer, hashes.SHA256())
    approval = base64.b64encode(signed.sign(Encoding.DER, [PKCS7Options.Binary, PKCS7Options.NoCapabilities]))
    return asked.add_attribute(RENEWAL_APPROVAL, approval).sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def _policy(credential: Credential) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(POLICIES[credential.factors], None)])


def _key(token: Token, key_id: bytes, public_key: bytes) -> "_RsaKey | _EcKey":
    key = load_der_public_key(public_key)
    return _RsaKey(token, key_id, key) if isinstance(key, rsa.RSAPublicKey) else _EcKey(token, key_id, key)


class _OnToken:
    """A key on the token, as `cryptography` wants to see a private key that signs a request; it can do nothing else."""

    padding: Padding

    def __init__(self, token: Token, key_id: bytes, public_key: Any) -> None:
        self._token, self._key_id, self._public_key = token, key_id, public_key

    def public_key(self) -> Any:
        return self._public_key

    @property
    def key_size(self) -> int:
        return int(self._public_key.key_size)

    def sign(self, data: Any, *_: Any, **__: Any) -> bytes:
        return self._token.sign(self._key_id, Scheme(self.padding, hashes.SHA256()), hashlib.sha256(data).digest())

    def _never(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("this key stays in the HSM, and only signs")

    private_bytes = private_numbers = decrypt = exchange = __copy__ = __deepcopy__ = _never


class _RsaKey(_OnToken, rsa.RSAPrivateKey):
    padding = Padding.PKCS1


class _EcKey(_OnToken, ec.EllipticCurvePrivateKey):
    padding = Padding.ECDSA

    @property
    def curve(self) -> ec.EllipticCurve:
        curve: ec.EllipticCurve = self._public_key.curve
        return curve
