"""
`statement`: what the journal tells of one enrolment, signed, so that anyone can check it later without us.

Everything that is signed is read from the journal here; the request chooses an enrolment and a place in it, no word. Nothing is changed.
"""

import base64

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from hsm.messages import (
    MAX_STATEMENT_BYTES,
    MAX_STATEMENT_ENTRIES,
    STATEMENT_TYPE,
    Header,
    Jwk,
    Jws,
    Statement,
    StatementReply,
    StatementRequest,
    canonical,
)
from hsm.sam import Sam

COORDINATE_BYTES = 32


def statement(sam: Sam, request: StatementRequest) -> StatementReply:
    """
    Sign what the journal tells of the enrolment to which a key belongs, a part at a time.

    Raises:
        CredentialUnknown: there is no such key.
    """
    credential = sam.store.credential(request.credential_id)
    told = sam.store.history(credential.enrollment_id, request.first, MAX_STATEMENT_ENTRIES, MAX_STATEMENT_BYTES)
    payload = Statement(
        enrollment_id=credential.enrollment_id,
        made=int(sam.now()),
        tree=told.tree,
        first=request.first,
        total=told.total,
        entries=told.entries,
    )
    header = Header("ES256", STATEMENT_TYPE, sam.keyring.statement_key_sha256, _jwk(sam.keyring.statement_public_key))
    protected, signed = b64url(canonical(header)), b64url(canonical(payload))
    signature = sam.keyring.sign_statement(f"{protected}.{signed}".encode())
    end = request.first + len(told.entries)
    return StatementReply(canonical(Jws(protected, signed, b64url(signature))), end if end < told.total else None)


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _jwk(public_key: bytes) -> Jwk:
    key = load_der_public_key(public_key)
    assert isinstance(key, EllipticCurvePublicKey)
    numbers = key.public_numbers()
    return Jwk("EC", "P-256", *(b64url(one.to_bytes(COORDINATE_BYTES)) for one in (numbers.x, numbers.y)))
