"""What applications send, written out: bodies that are right until a test changes a field, and answers in the standard's form."""

import base64
import hashlib
import os
from typing import Any, Final

import httpx2
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from tests.harness.stack import ECDSA_SHA256, SHA256

ABSENT: Final = object()
SHA1 = "1.3.14.3.2.26"
SHA384 = "2.16.840.1.101.3.4.2.2"
UNKNOWN_ID = "A" * 22
INVALID = "invalid_request"
# 32 bytes whose base64 has both signs that differ from base64url's.
DIGEST = b"\xfb\xef\xbe\xff" * 8


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def new_hash() -> str:
    return b64(hashlib.sha256(os.urandom(8)).digest())


def with_changes(body: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Replace fields of a body, and leave out those that are ABSENT."""
    return {name: value for name, value in (body | changes).items() if value is not ABSENT}


def authorize_body(credential_id: str, **changes: Any) -> dict[str, Any]:
    """Compose a request for one signature, in words of its own, so that it is no repeat of another."""
    body = {"credentialID": credential_id, "numSignatures": 1, "hashes": [b64(DIGEST)], "hashAlgorithmOID": SHA256}
    body["clientData"] = os.urandom(8).hex()
    return with_changes(body, changes)


def sign_body(credential_id: str, sad: str, digests: list[str], **changes: Any) -> dict[str, Any]:
    """Compose a request to use a SAD."""
    return with_changes({"credentialID": credential_id, "SAD": sad, "hashes": digests, "signAlgo": ECDSA_SHA256}, changes)


def error_of(answer: httpx2.Response) -> tuple[int, str, str]:
    """Give status, `error` and `error_description` of a refusal, which must have the standard's form."""
    assert answer.headers["content-type"] == "application/json", answer.text
    body = answer.json()
    assert isinstance(body, dict), answer.text
    assert {"error", "error_description"} <= body.keys(), answer.text
    return answer.status_code, body["error"], body["error_description"]


def refused(description: str, error: str = INVALID, status: int = 400) -> tuple[int, str, str]:
    """What `error_of` gives where a request was refused with these words."""
    return status, error, description


def has_signed(certificate: bytes, signature: bytes, digest: bytes) -> bool:
    """Tell whether the key of a P-256 certificate made this signature over this SHA-256 digest."""
    key = x509.load_der_x509_certificate(certificate).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    try:
        key.verify(signature, digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
    except InvalidSignature:
        return False
    return True
