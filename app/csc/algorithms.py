"""The algorithms that applications name by OID, and what each key offers (CSC 2.0 §11.1, §11.6)."""

from asn1crypto import algos
from msgspec import UNSET

from app.csc.answers import Key
from app.errors import BadParameter
from hsm.messages import MAX_DOCUMENTS

MULTISIGN = MAX_DOCUMENTS
DIGEST_BYTES = {
    "2.16.840.1.101.3.4.2.1": 32,  # SHA-256
    "2.16.840.1.101.3.4.2.2": 48,  # SHA-384
    "2.16.840.1.101.3.4.2.3": 64,  # SHA-512
}
RSA = ("1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12", "1.2.840.113549.1.1.13", "1.2.840.113549.1.1.10", "1.2.840.113549.1.1.1")
ECDSA = ("1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3", "1.2.840.10045.4.3.4", "1.2.840.10045.2.1")
HASH_OF = {
    "1.2.840.113549.1.1.11": "2.16.840.1.101.3.4.2.1",
    "1.2.840.113549.1.1.12": "2.16.840.1.101.3.4.2.2",
    "1.2.840.113549.1.1.13": "2.16.840.1.101.3.4.2.3",
    "1.2.840.10045.4.3.2": "2.16.840.1.101.3.4.2.1",
    "1.2.840.10045.4.3.3": "2.16.840.1.101.3.4.2.2",
    "1.2.840.10045.4.3.4": "2.16.840.1.101.3.4.2.3",
}
OID_OF = {"sha256": "2.16.840.1.101.3.4.2.1", "sha384": "2.16.840.1.101.3.4.2.2", "sha512": "2.16.840.1.101.3.4.2.3"}
RSASSA_PSS = "1.2.840.113549.1.1.10"
CURVES = {"p-256": "1.2.840.10045.3.1.7", "p-384": "1.3.132.0.34"}
BITS = {"rsa-2048": 2048, "rsa-3072": 3072, "rsa-4096": 4096, "p-256": 256, "p-384": 384}


def key_description(key_algorithm: str, *, enabled: bool) -> Key:
    """Describe a key as `credentials/info` does."""
    return Key(
        status="enabled" if enabled else "disabled",
        algo=list(RSA if key_algorithm.startswith("rsa-") else ECDSA),
        len=BITS[key_algorithm],
        curve=CURVES.get(key_algorithm, UNSET),
    )


def require_digests(hash_algorithm: str, digests: tuple[bytes, ...]) -> None:
    """Refuse an unknown hash algorithm, SHA-1 among them, and digests that it can't have made; raises BadParameter."""
    if hash_algorithm not in DIGEST_BYTES:
        raise BadParameter("Invalid parameter hashAlgorithmOID")
    if any(len(digest) != DIGEST_BYTES[hash_algorithm] for digest in digests):
        raise BadParameter("Invalid digest value length")


def mechanism_for(key_algorithm: str, sign_algorithm: str, hash_name: str, parameters: bytes | None) -> algos.SignedDigestAlgorithm:
    """Give what a CMS signature says of how it was made (RFC 5754, RFC 4056), for what `signAlgo` and `signAlgoParams` named."""
    if sign_algorithm != RSASSA_PSS:
        named = f"{hash_name}_{'rsa' if key_algorithm.startswith('rsa-') else 'ecdsa'}"
        return algos.SignedDigestAlgorithm({"algorithm": named})
    salted = {
        "hash_algorithm": {"algorithm": hash_name},
        "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": hash_name}},
        "salt_length": DIGEST_BYTES[OID_OF[hash_name]],
    }
    read = algos.RSASSAPSSParams.load(parameters) if parameters is not None else algos.RSASSAPSSParams(salted)
    return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": read})
