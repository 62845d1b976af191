"""
Which algorithms a key may be used with: the OIDs that callers name, and what they mean for the HSM.

RFC 8017 (RSA), RFC 3279 and RFC 5758 (ECDSA), RFC 4055 (PSS parameters), RFC 5754 (SHA-2). SHA-1 and shorter hashes are in no table.
"""

from enum import StrEnum
from typing import Annotated

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ObjectIdentifier
from msgspec import Struct

from hsm.errors import AlgorithmRefused, HashAlgorithmRefused, HashesDiffer, ParametersRefused
from hsm.messages import KeyAlgorithm

RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
RSASSA_PSS = "1.2.840.113549.1.1.10"
EC_PUBLIC_KEY = "1.2.840.10045.2.1"
MGF1 = "1.2.840.113549.1.1.8"

HASHES: dict[str, hashes.HashAlgorithm] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}
SIGN_ALGORITHM_HASHES = {
    "1.2.840.113549.1.1.11": "2.16.840.1.101.3.4.2.1",  # sha256WithRSAEncryption
    "1.2.840.113549.1.1.12": "2.16.840.1.101.3.4.2.2",
    "1.2.840.113549.1.1.13": "2.16.840.1.101.3.4.2.3",
    "1.2.840.10045.4.3.2": "2.16.840.1.101.3.4.2.1",  # ecdsa-with-SHA256
    "1.2.840.10045.4.3.3": "2.16.840.1.101.3.4.2.2",
    "1.2.840.10045.4.3.4": "2.16.840.1.101.3.4.2.3",
}
RSA_ALGORITHMS = (RSA_ENCRYPTION, "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12", "1.2.840.113549.1.1.13", RSASSA_PSS)
EC_ALGORITHMS = (EC_PUBLIC_KEY, "1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3", "1.2.840.10045.4.3.4")

KEY_BITS: dict[KeyAlgorithm, int] = {"rsa-2048": 2048, "rsa-3072": 3072, "rsa-4096": 4096, "p-256": 256, "p-384": 384}


class Padding(StrEnum):
    """How the digest goes into the key."""

    PKCS1 = "pkcs1"
    PSS = "pss"
    ECDSA = "ecdsa"


class Scheme(Struct, frozen=True):
    """One way of signing a digest; `salt_bytes` counts for PSS only, whose mask always uses the same hash."""

    padding: Padding
    hash: hashes.HashAlgorithm
    salt_bytes: int = 0


@asn1.sequence
class _AlgorithmIdentifier:
    algorithm: ObjectIdentifier
    parameters: asn1.Null | None


@asn1.sequence
class _MaskGeneration:
    algorithm: ObjectIdentifier
    parameters: _AlgorithmIdentifier


@asn1.sequence
class _PssParameters:
    """RSASSA-PSS-params, RFC 4055 §3.1; an absent hash means SHA-1, which is refused."""

    hash: Annotated[_AlgorithmIdentifier | None, asn1.Explicit(0)]
    mask: Annotated[_MaskGeneration | None, asn1.Explicit(1)]
    salt_bytes: Annotated[int | None, asn1.Explicit(2)]
    trailer: Annotated[int | None, asn1.Explicit(3)]


def scheme_for(key: KeyAlgorithm, sign_algorithm: str, hash_algorithm: str | None, parameters: bytes | None) -> Scheme:
    """
    Turn what the caller named into one way of signing with this kind of key.

    Raises:
        AlgorithmRefused, HashAlgorithmRefused, ParametersRefused: not known, not for this key, or contradicting each other.
    """
    rsa = key.startswith("rsa-")
    if sign_algorithm not in (RSA_ALGORITHMS if rsa else EC_ALGORITHMS):
        raise AlgorithmRefused(f"{sign_algorithm} with a {key} key")
    if sign_algorithm == RSASSA_PSS:
        return _pss(key, hash_algorithm, parameters)
    if parameters not in (None, b"\x05\x00"):
        raise ParametersRefused(f"{sign_algorithm} takes no parameters")
    implied = SIGN_ALGORITHM_HASHES.get(sign_algorithm, hash_algorithm)
    if implied not in HASHES or hash_algorithm not in (None, implied):
        raise HashAlgorithmRefused(f"{hash_algorithm} with {sign_algorithm}")
    return Scheme(Padding.PKCS1 if rsa else Padding.ECDSA, HASHES[implied])


def _pss(key: KeyAlgorithm, hash_algorithm: str | None, parameters: bytes | None) -> Scheme:
    if parameters is None:
        if hash_algorithm not in HASHES:
            raise HashAlgorithmRefused(f"PSS without parameters needs a hash algorithm, not {hash_algorithm}")
        return Scheme(Padding.PSS, HASHES[hash_algorithm], HASHES[hash_algorithm].digest_size)
    try:
        read = asn1.decode_der(_PssParameters, parameters)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ParametersRefused(f"RSASSA-PSS-params can't be read: {error}") from None
    oid = read.hash.algorithm.dotted_string if read.hash else "SHA-1"
    mask = read.mask.parameters.algorithm.dotted_string if read.mask and read.mask.algorithm.dotted_string == MGF1 else "another mask"
    if oid not in HASHES or hash_algorithm not in (None, oid):
        raise HashAlgorithmRefused(f"PSS with {oid}, asked with {hash_algorithm}")
    salt_bytes = 20 if read.salt_bytes is None else read.salt_bytes
    longest = (KEY_BITS[key] - 1 + 7) // 8 - HASHES[oid].digest_size - 2  # RFC 8017 §9.1.1, emLen >= hLen + sLen + 2
    if mask != oid or read.trailer not in (None, 1) or not 0 <= salt_bytes <= longest:
        raise ParametersRefused(f"PSS with {oid}, mask {mask}, salt {salt_bytes}, trailer {read.trailer}")
    return Scheme(Padding.PSS, HASHES[oid], salt_bytes)


def require_digests(scheme: Scheme, digests: tuple[bytes, ...]) -> None:
    """
    Refuse digests that the scheme's hash can't have made.

    Raises:
        HashesDiffer: a digest has another length.
    """
    if any(len(digest) != scheme.hash.digest_size for digest in digests):
        raise HashesDiffer(f"digests must be {scheme.hash.digest_size} bytes for {scheme.hash.name}")
