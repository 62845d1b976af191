"""Reading the body of `signatures/signHash` (CSC 2.0 §11.10) in the order of its error table; nothing is looked up."""

import base64
import binascii

from app.csc.algorithms import DIGEST_BYTES, ECDSA, HASH_OF, MULTISIGN, RSA, require_digests
from app.csc.authorize import ID
from app.csc.body import Body
from app.csc.mode import read_mode
from app.errors import BadParameter, CredentialUnknown, SigningRefused
from hsm.messages import ActivateRequest, ErrorCode

LONGEST_SAD = 1_000
LONGEST_IDEMPOTENCY_KEY = 200


def read_activation(body: Body, client_id: str, idempotency_key: str | None) -> ActivateRequest:
    """Read what is to be signed, in the order of the standard's table; raises BadParameter."""
    sad = body.text("SAD")
    credential_id = body.text("credentialID")
    if not ID.match(credential_id):
        raise CredentialUnknown
    hashes = body.hashes()
    sign_algorithm = body.text("signAlgo")
    if sign_algorithm not in (*RSA, *ECDSA):
        raise BadParameter("Invalid parameter signAlgo")
    hash_algorithm = body.text_where_given("hashAlgorithmOID")
    if hash_algorithm is not None and (hash_algorithm not in DIGEST_BYTES or HASH_OF.get(sign_algorithm, hash_algorithm) != hash_algorithm):
        raise BadParameter("Invalid parameter hashAlgorithmOID")
    parameters = read_parameters(body)
    if hash_algorithm is None and sign_algorithm not in HASH_OF and parameters is None:
        raise BadParameter("Missing (or invalid type) string parameter hashAlgorithmOID")
    if (known := hash_algorithm or HASH_OF.get(sign_algorithm)) is not None:
        require_digests(known, hashes)
    elif any(len(digest) not in DIGEST_BYTES.values() for digest in hashes):
        raise BadParameter("Invalid digest value length")
    read_mode(body)
    body.optional_text("clientData")
    if len(sad) > LONGEST_SAD:
        raise SigningRefused(ErrorCode.SAD_INVALID)
    if len(hashes) > MULTISIGN:
        raise SigningRefused(ErrorCode.HASHES_DIFFER)
    if idempotency_key is not None and not 0 < len(idempotency_key) <= LONGEST_IDEMPOTENCY_KEY:
        raise BadParameter("Invalid header Idempotency-Key")
    return ActivateRequest(
        sad=sad,
        application_id=client_id,
        credential_id=credential_id,
        hashes=hashes,
        sign_algorithm=sign_algorithm,
        hash_algorithm=hash_algorithm,
        sign_algorithm_parameters=parameters,
        idempotency_key=idempotency_key,
    )


def read_parameters(body: Body) -> bytes | None:
    """Give `signAlgoParams`, DER in base64."""
    text = body.text_where_given("signAlgoParams")
    if text is None:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadParameter("Invalid parameter signAlgoParams") from None
