"""`signatures/signHash` (CSC 2.0 §11.10): the SAD and the approved hashes, for the signatures."""

import base64
import binascii

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.authorization.sign import sign
from app.csc.algorithms import DIGEST_BYTES, ECDSA, MULTISIGN, RSA, require_digests
from app.csc.authorize import ID
from app.csc.body import Body, read_body
from app.errors import BadParameter, CredentialUnknown, SigningRefused
from app.oauth.bearer import caller_of
from app.oauth.credential_token import require_sad_of, sad_given
from app.services import Services
from hsm.messages import ActivateRequest, ErrorCode

LONGEST_SAD = 1_000
LONGEST_IDEMPOTENCY_KEY = 200
HASH_OF = {
    "1.2.840.113549.1.1.11": "2.16.840.1.101.3.4.2.1",
    "1.2.840.113549.1.1.12": "2.16.840.1.101.3.4.2.2",
    "1.2.840.113549.1.1.13": "2.16.840.1.101.3.4.2.3",
    "1.2.840.10045.4.3.2": "2.16.840.1.101.3.4.2.1",
    "1.2.840.10045.4.3.3": "2.16.840.1.101.3.4.2.2",
    "1.2.840.10045.4.3.4": "2.16.840.1.101.3.4.2.3",
}


async def sign_hash(services: Services, request: Request) -> Response:
    """Sign; the same request with the same `Idempotency-Key` gets the same answer."""
    caller = await caller_of(services, request)
    body = await read_body(request)
    if (own := sad_given(caller)) is not None:
        body = body.with_text("SAD", own)
    activation = read_activation(body, caller.client_id, request.headers.get("idempotency-key"))
    await require_sad_of(services, caller, activation.sad)
    signatures = await sign(services, activation)
    return JSONResponse({"signatures": [base64.b64encode(one).decode() for one in signatures]})


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
    parameters = body.text_where_given("signAlgoParams")
    if hash_algorithm is None and sign_algorithm not in HASH_OF and parameters is None:
        raise BadParameter("Missing (or invalid type) string parameter hashAlgorithmOID")
    if (known := hash_algorithm or HASH_OF.get(sign_algorithm)) is not None:
        require_digests(known, hashes)
    elif any(len(digest) not in DIGEST_BYTES.values() for digest in hashes):
        raise BadParameter("Invalid digest value length")
    if body.choice("operationMode", ("S", "A"), "S") != "S":
        raise BadParameter("Invalid parameter operationMode")
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
        sign_algorithm_parameters=_parameters(parameters),
        idempotency_key=idempotency_key,
    )


def _parameters(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadParameter("Invalid parameter signAlgoParams") from None
