"""Parameters of RSASSA-PSS (RFC 4055 §3.1) in DER, by another implementation than the SAM's."""

from asn1crypto.algos import RSASSAPSSParams


def pss_parameters(hash_name: str, salt_bytes: int, mask_hash_name: str | None = None, **more: object) -> bytes:
    """Encode the parameters; MGF1 with the same hash where nothing else is said."""
    mask = {"algorithm": "mgf1", "parameters": {"algorithm": mask_hash_name or hash_name}}
    encoded: bytes = RSASSAPSSParams(
        {"hash_algorithm": {"algorithm": hash_name}, "mask_gen_algorithm": mask, "salt_length": salt_bytes} | more
    ).dump()
    return encoded
