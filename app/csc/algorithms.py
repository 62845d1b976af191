"""The algorithms that applications name by OID, and what each key offers (CSC 2.0 §11.1, §11.6)."""

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
CURVES = {"p-256": "1.2.840.10045.3.1.7", "p-384": "1.3.132.0.34"}
BITS = {"rsa-2048": 2048, "rsa-3072": 3072, "rsa-4096": 4096, "p-256": 256, "p-384": 384}


def key_description(key_algorithm: str, *, enabled: bool) -> dict[str, object]:
    """Describe a key as `credentials/info` does."""
    described: dict[str, object] = {
        "status": "enabled" if enabled else "disabled",
        "algo": list(RSA if key_algorithm.startswith("rsa-") else ECDSA),
        "len": BITS[key_algorithm],
    }
    if key_algorithm in CURVES:
        described["curve"] = CURVES[key_algorithm]
    return described


def require_digests(hash_algorithm: str, digests: tuple[bytes, ...]) -> None:
    """Refuse an unknown hash algorithm, SHA-1 among them, and digests that it can't have made; raises BadParameter."""
    if hash_algorithm not in DIGEST_BYTES:
        raise BadParameter("Invalid parameter hashAlgorithmOID")
    if any(len(digest) != DIGEST_BYTES[hash_algorithm] for digest in digests):
        raise BadParameter("Invalid digest value length")
