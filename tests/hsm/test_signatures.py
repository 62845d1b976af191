"""`activate`, step (6): what comes out is a signature that anyone can verify with the certificate, for every key and scheme."""

import hashlib
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from hsm.activation import activate
from hsm.messages import KeyAlgorithm
from hsm.policy import KEY_BITS
from tests.harness.pss import pss_parameters
from tests.harness.sam import TestSigner
from tests.hsm.conftest import SignerOf

RSA_ENCRYPTION, RSASSA_PSS, EC_PUBLIC_KEY = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.10045.2.1"
HASHES: dict[str, hashes.HashAlgorithm] = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
OIDS = {  # of the hash, of RSA with it, of ECDSA with it
    "sha256": ("2.16.840.1.101.3.4.2.1", "1.2.840.113549.1.1.11", "1.2.840.10045.4.3.2"),
    "sha384": ("2.16.840.1.101.3.4.2.2", "1.2.840.113549.1.1.12", "1.2.840.10045.4.3.3"),
    "sha512": ("2.16.840.1.101.3.4.2.3", "1.2.840.113549.1.1.13", "1.2.840.10045.4.3.4"),
}
DOCUMENTS = (b"one", b"two", b"three")


def signed(signer: TestSigner, hash_name: str, **request: Any) -> tuple[bytes, ...]:
    """Have three documents signed, by their digests."""
    digests = [hashlib.new(hash_name, document).digest() for document in DOCUMENTS]
    return signer.sign(signer.transaction(*digests, hash_algorithm=OIDS[hash_name][0]), **request).signatures


def rsa_key(signer: TestSigner) -> rsa.RSAPublicKey:
    key = x509.load_der_x509_certificate(signer.certificate).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    return key


def ec_key(signer: TestSigner) -> ec.EllipticCurvePublicKey:
    key = x509.load_der_x509_certificate(signer.certificate).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def require_pkcs1(signer: TestSigner, hash_name: str, signatures: tuple[bytes, ...]) -> None:
    for document, signature in zip(DOCUMENTS, signatures, strict=True):
        rsa_key(signer).verify(signature, document, padding.PKCS1v15(), HASHES[hash_name])


def require_pss(signer: TestSigner, hash_name: str, signatures: tuple[bytes, ...], salt_bytes: int) -> None:
    scheme = padding.PSS(padding.MGF1(HASHES[hash_name]), salt_bytes)
    for document, signature in zip(DOCUMENTS, signatures, strict=True):
        rsa_key(signer).verify(signature, document, scheme, HASHES[hash_name])


@pytest.mark.parametrize("key_algorithm", ["rsa-2048", "rsa-3072"])
@pytest.mark.parametrize("hash_name", HASHES)
def test_rsa_signs_with_pkcs1_padding(signer_of: SignerOf, key_algorithm: KeyAlgorithm, hash_name: str) -> None:
    """The algorithm may be named with its hash, or as rsaEncryption beside the hash (RFC 8017 §8.2)."""
    signer = signer_of(key_algorithm)
    oid, with_hash, _ = OIDS[hash_name]
    require_pkcs1(signer, hash_name, signed(signer, hash_name, sign_algorithm=with_hash))
    require_pkcs1(signer, hash_name, signed(signer, hash_name, sign_algorithm=RSA_ENCRYPTION, hash_algorithm=oid))
    require_pkcs1(signer, hash_name, signed(signer, hash_name, sign_algorithm=with_hash, sign_algorithm_parameters=b"\x05\x00"))


def test_rsa_encryption_takes_the_approved_hash(signer_of: SignerOf) -> None:
    """The hash need not be said again: it was approved."""
    signer = signer_of("rsa-2048")
    require_pkcs1(signer, "sha384", signed(signer, "sha384", sign_algorithm=RSA_ENCRYPTION))


@pytest.mark.parametrize(
    ("hash_name", "salt_bytes"), [("sha256", 0), ("sha256", 20), ("sha256", 32), ("sha256", 222), ("sha384", 48), ("sha512", 190)]
)
def test_rsa_signs_with_pss_padding(signer_of: SignerOf, hash_name: str, salt_bytes: int) -> None:
    """The salt has the length that the caller names, up to the longest that the key has room for (RFC 8017 §9.1.1)."""
    signer = signer_of("rsa-2048")
    parameters = pss_parameters(hash_name, salt_bytes)
    signatures = signed(signer, hash_name, sign_algorithm=RSASSA_PSS, sign_algorithm_parameters=parameters)
    require_pss(signer, hash_name, signatures, salt_bytes)
    with pytest.raises(InvalidSignature):
        require_pss(signer, hash_name, signatures, salt_bytes + 1 if salt_bytes < 190 else salt_bytes - 1)


@pytest.mark.parametrize("hash_name", HASHES)
def test_pss_without_parameters_has_a_salt_as_long_as_the_hash(signer_of: SignerOf, hash_name: str) -> None:
    """What most verifiers expect."""
    signer = signer_of("rsa-3072")
    require_pss(signer, hash_name, signed(signer, hash_name, sign_algorithm=RSASSA_PSS), HASHES[hash_name].digest_size)


def test_rsa_4096_signs(signer_of: SignerOf) -> None:
    """The largest key, with both paddings."""
    signer = signer_of("rsa-4096")
    assert rsa_key(signer).key_size == KEY_BITS["rsa-4096"] == 4096
    require_pkcs1(signer, "sha512", signed(signer, "sha512", sign_algorithm=OIDS["sha512"][1]))
    parameters = pss_parameters("sha512", 446)
    require_pss(signer, "sha512", signed(signer, "sha512", sign_algorithm=RSASSA_PSS, sign_algorithm_parameters=parameters), 446)


@pytest.mark.parametrize("key_algorithm", ["p-256", "p-384"])
@pytest.mark.parametrize("hash_name", HASHES)
def test_ecdsa_signs(signer_of: SignerOf, key_algorithm: KeyAlgorithm, hash_name: str) -> None:
    """The answer is a DER ECDSA-Sig-Value (RFC 3279 §2.2.3), also where the digest is longer or shorter than the curve's order."""
    signer = signer_of(key_algorithm)
    oid, _, with_hash = OIDS[hash_name]
    signatures = signed(signer, hash_name, sign_algorithm=with_hash)
    signatures += signed(signer, hash_name, sign_algorithm=EC_PUBLIC_KEY, hash_algorithm=oid)
    for document, signature in zip(DOCUMENTS * 2, signatures, strict=True):
        ec_key(signer).verify(signature, document, ec.ECDSA(HASHES[hash_name]))
        assert utils.encode_dss_signature(*utils.decode_dss_signature(signature)) == signature


def test_signatures_come_in_the_order_of_the_request(signer_of: SignerOf) -> None:
    """The caller may order the approved hashes as it likes."""
    signer = signer_of("p-256")
    transaction = signer.transaction(*(hashlib.sha256(document).digest() for document in DOCUMENTS))
    signer.approve(transaction)
    order = tuple(reversed(transaction.documents))
    request = signer.activation(transaction, signer.collect(transaction).sad, hashes=tuple(document.hash for document in order))
    for document, signature in zip(reversed(DOCUMENTS), activate(signer.sam, request).signatures, strict=True):
        ec_key(signer).verify(signature, document, ec.ECDSA(hashes.SHA256()))
