"""Reading the body of `signatures/signDoc` (CSC 2.0 §11.11) in the order of its error table; nothing is looked up."""

from msgspec import Struct

from app.csc.algorithms import DIGEST_BYTES, ECDSA, HASH_OF, MULTISIGN, RSA
from app.csc.authorize import ID
from app.csc.body import Body, decode_base64
from app.csc.documents import MAX_FILES_BYTES
from app.csc.mode import read_mode
from app.csc.sign_hash_body import LONGEST_SAD, read_parameters
from app.csc.signature_plan import CERTIFICATION, names_of_properties, read_envelope, read_format, read_level, read_plan
from app.domain.preparation import Plan
from app.errors import BadParameter, CredentialUnknown, SigningRefused
from hsm.messages import ErrorCode

NOT_AUTHORIZED = "documentDigests or documents are not authorized by the SAD."


class Item(Struct, frozen=True):
    """One element of `documentDigests` or `documents`; `plan` and `envelope` are there where they were said."""

    level: int
    digests: tuple[bytes, ...] = ()
    document: bytes = b""
    plan: Plan | None = None
    envelope: str | None = None

    def require_plan(self, approved: Plan) -> None:
        """Refuse what contradicts the way in which the document was prepared; raises BadParameter."""
        if self.envelope is not None and (self.envelope == CERTIFICATION) is not approved.certify:
            raise BadParameter("Invalid parameter signed_envelope_property")
        if self.plan is not None and self.plan.props != approved.props:
            raise BadParameter(f"Invalid parameter signed_props ({', '.join(self.plan.props)})")


class SignDoc(Struct, frozen=True):
    """What is to be signed, all of it by one algorithm: documents, or their digests."""

    sad: str
    credential_id: str
    of_documents: bool
    items: tuple[Item, ...]
    sign_algorithm: str
    hash_algorithm: str | None
    parameters: bytes | None
    return_validation_info: bool


class Algorithm(Struct, frozen=True):
    """How one element is to be signed."""

    sign: str
    hash: str | None
    parameters: bytes | None


def read_sign_doc(body: Body, *, timestamped: bool) -> SignDoc:
    """Read the body; raises BadParameter, CredentialUnknown, SigningRefused."""
    sad = body.text("SAD")
    credential_id = body.text("credentialID")
    if not ID.match(credential_id):
        raise CredentialUnknown
    if body.optional_text("signatureQualifier") is not None:
        raise BadParameter("Invalid parameter signatureQualifier")
    of_documents, given = _elements(body)
    read = [(_document if of_documents else _digest)(one, timestamped) for one in given]
    if len({algorithm for _, algorithm in read}) != 1:
        raise BadParameter("Invalid parameter signAlgo")  # one approval is used in one call, by one algorithm
    items, algorithm = tuple(item for item, _ in read), read[0][1]
    read_mode(body)
    body.optional_text("clientData")
    with_info = body.flag("returnValidationInfo")
    if len(sad) > LONGEST_SAD:
        raise SigningRefused(ErrorCode.SAD_INVALID)
    if sum(len(item.digests) or 1 for item in items) > MULTISIGN:
        raise BadParameter(NOT_AUTHORIZED)
    return SignDoc(sad, credential_id, of_documents, items, algorithm.sign, algorithm.hash, algorithm.parameters, with_info)


def _elements(body: Body) -> tuple[bool, list[Body]]:
    try:
        digests = body.objects("documentDigests")
    except BadParameter:
        raise BadParameter("Invalid object parameter documentDigests") from None
    try:
        documents = body.objects("documents")
    except BadParameter:
        raise BadParameter("Invalid array parameter documents") from None
    if digests and documents:
        raise BadParameter("Both documentDigests and documents parameters passed")
    if not digests and not documents:
        raise BadParameter("Empty documentDigests and documents objects")
    return bool(documents), [Body(one) for one in documents or digests]


def _digest(body: Body, timestamped: bool) -> tuple[Item, Algorithm]:
    given = body.text_or_texts("hashes")
    if given is None:
        raise BadParameter("Invalid object parameter documentDigests")
    digests = tuple(decoded for one in given if (decoded := decode_base64(one)))
    if len(digests) != len(given) or not digests:
        raise BadParameter("Invalid Base64 hashes string parameter")
    read_format(body)
    level = read_level(body, timestamped=timestamped)
    algorithm = _algorithm(body)
    if algorithm.hash is None:
        raise BadParameter("Missing (or invalid type) string parameter hashAlgorithmOID")
    if any(len(one) != DIGEST_BYTES[algorithm.hash] for one in digests):
        raise BadParameter("Invalid digest value length")
    read_envelope(body)  # the application has prepared the document already
    if names := names_of_properties(body):  # they stand in the document's dictionary, which is elsewhere
        raise BadParameter(f"Invalid parameter signed_props ({', '.join(names)})")
    return Item(level, digests=digests), algorithm


def _document(body: Body, timestamped: bool) -> tuple[Item, Algorithm]:
    document = decode_base64(body.optional_text("document", longest=MAX_FILES_BYTES * 2) or "")
    if not document:
        raise BadParameter("Invalid Base64 documents string parameter")
    read_format(body)
    level = read_level(body, timestamped=timestamped)
    algorithm = _algorithm(body)
    plan = read_plan(body)
    item = Item(
        level,
        document=document,
        plan=plan if body.has("signed_props") else None,
        envelope=read_envelope(body) if body.has("signed_envelope_property") else None,
    )
    return item, algorithm


def _algorithm(body: Body) -> Algorithm:
    sign = body.text("signAlgo")
    if sign not in (*RSA, *ECDSA):
        raise BadParameter("Invalid parameter signAlgo")
    named = body.text_where_given("hashAlgorithmOID")
    if named is not None and named not in DIGEST_BYTES:
        raise BadParameter("Invalid parameter hashAlgorithmOID")
    if named is not None and HASH_OF.get(sign, named) != named:
        raise BadParameter("String parameter hashAlgorithmOID contradicts with signAlgo parameter")
    return Algorithm(sign, HASH_OF.get(sign, named), read_parameters(body))
