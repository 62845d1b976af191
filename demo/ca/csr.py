"""Reading a certificate request (PKCS #10, RFC 2986): signed by its own key, of a kind that is allowed; its subject is ignored."""

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from demo.ca.errors import CsrRefused

RSA_BITS = (2048, 3072, 4096)
CURVES = (ec.SECP256R1, ec.SECP384R1)
HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)


def read_csr(der: bytes) -> CertificatePublicKeyTypes:
    """
    Return the key that the request proves to hold.

    Raises:
        CsrRefused: malformed, signed by another key or with a weak hash, or the key is not allowed.
    """
    try:
        csr = x509.load_der_x509_csr(der)
        public_key = csr.public_key()
        is_signed_by_its_key = csr.is_signature_valid
        signature_hash = csr.signature_hash_algorithm
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CsrRefused("this is not a PKCS #10 request that can be read") from error
    if not is_signed_by_its_key:
        raise CsrRefused("the request is not signed by its own key")
    if not isinstance(signature_hash, HASHES):
        raise CsrRefused("the request must be signed with SHA-256, SHA-384 or SHA-512")
    if isinstance(public_key, rsa.RSAPublicKey) and public_key.key_size in RSA_BITS:
        return public_key
    if isinstance(public_key, ec.EllipticCurvePublicKey) and isinstance(public_key.curve, CURVES):
        return public_key
    raise CsrRefused("the key must be RSA with 2048, 3072 or 4096 bits, or on the curve P-256 or P-384")
