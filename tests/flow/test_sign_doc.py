"""`signatures/signDoc`: PAdES on documents and on digests, judged by pyHanko and poppler; and the error table of CSC 2.0 §11.11."""

import asyncio
import base64
import hashlib
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import pytest
from asn1crypto import cms
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest

from app import pades
from app.domain.preparation import Plan
from demo.validate import Weight, ask_authority, validate_with_pdfsig, validate_with_pyhanko
from tests.flow.browser import Browse, Browser
from tests.flow.parties import Person, new_application
from tests.flow.polls import wait_until
from tests.flow.records import Records
from tests.flow.test_pdf import CONTRACT
from tests.flow.test_statement import verify
from tests.flow.wire import ABSENT, DIGEST, SHA1, SHA384, UNKNOWN_ID, authorize_body, b64, error_of, refused, with_changes
from tests.harness.lasting import Lasting, judge
from tests.harness.signer import Signer
from tests.harness.stack import ECDSA_SHA256, RSA_SHA256, SHA256, Application, Stack

SIGN_DOC = "signatures/signDoc"
CONTRACT_DIGEST = hashlib.sha256(CONTRACT).digest()
NOT_AUTHORIZED = refused("documentDigests or documents are not authorized by the SAD.")
DIFFERS = refused("Document or documentDigest does not match authroized hash", "invalid_hash", 403)


def authority_url(stack: Stack) -> str:
    return f"http://localhost:{stack.port + 2}"


def to_prepare(**changes: Any) -> dict[str, Any]:
    return with_changes({"content": b64(CONTRACT), "mediaType": "application/pdf", "signature_format": "P"}, changes)


def ask_document(shop: Application, signer: Signer, **changes: Any) -> httpx2.Response:
    body = authorize_body(signer.credential_id, hashes=[b64(CONTRACT_DIGEST)], documents=[to_prepare(**changes)])
    return shop.post("credentials/authorize", body)


def approved_document(shop: Application, signer: Signer, **changes: Any) -> str:
    """Have the contract prepared and approved; gives the SAD."""
    asked = ask_document(shop, signer, **changes)
    assert asked.status_code == 202, asked.text
    signer.approve(asked.json()["handle"])
    return shop.sad(asked.json()["handle"])


def approved_digest(shop: Application, signer: Signer, *digests: bytes) -> str:
    """Have digests approved as any standard client does; gives the SAD."""
    handle = shop.authorize(signer.credential_id, *digests)["handle"]
    signer.approve(handle)
    return shop.sad(handle)


def element(**changes: Any) -> dict[str, Any]:
    return with_changes({"document": b64(CONTRACT), "signature_format": "P", "signAlgo": ECDSA_SHA256}, changes)


def digest_element(*digests: bytes, **changes: Any) -> dict[str, Any]:
    return with_changes({"hashes": [b64(one) for one in digests], "signature_format": "P", "signAlgo": ECDSA_SHA256}, changes)


def sign_doc(shop: Application, signer: Signer, sad: str, **fields: Any) -> httpx2.Response:
    return shop.post(SIGN_DOC, {"credentialID": signer.credential_id, "SAD": sad} | fields)


async def verdicts(stack: Stack, pdf: bytes) -> list[bool]:
    """Ask both validators; that they accept without having looked for a revocation, by CRL and by OCSP, is no verdict."""
    authority = await ask_authority(authority_url(stack))
    assert authority.crl
    told = [await validate(pdf, authority) for validate in (validate_with_pyhanko, validate_with_pdfsig)]
    notes = [finding.en for verdict in told for finding in verdict.findings if finding.weight is Weight.NOTE]
    assert not [note for note in notes if "evocation" in note]
    return [verdict.accepted for verdict in told]


def root_of(stack: Stack) -> bytes:
    return asyncio.run(ask_authority(authority_url(stack))).root


@pytest.mark.parametrize("level", ["B", "T", "LT", "LTA"])
def test_document_is_signed_up_to_the_level_that_was_asked_for(stack: Stack, shop: Application, taro: Signer, level: str) -> None:
    """Both validators accept every level; of LT and LTA pyHanko finds in the file all that it needs, about every certificate."""
    sad = approved_document(shop, taro)
    answer = sign_doc(shop, taro, sad, documents=[element(conformance_level=f"AdES-B-{level}")])
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == {"DocumentWithSignature"}
    (signed,) = (base64.b64decode(one) for one in answer.json()["DocumentWithSignature"])
    assert signed.startswith(CONTRACT)
    assert asyncio.run(verdicts(stack, signed)) == [True, True]
    reader = PdfFileReader(BytesIO(signed))
    stamped = bool(pades.certificates_of_timestamps(reader.embedded_regular_signatures[0].pkcs7_content))
    assert stamped is (level != "B")
    if level in ("LT", "LTA"):
        assert judge(signed, root_of(stack)) == Lasting(holds=True, stamped=True, archived=level == "LTA")


@pytest.mark.parametrize("algorithm", [RSA_SHA256, "1.2.840.113549.1.1.10"], ids=["pkcs1", "pss"])
def test_rsa_signs_documents_too(rsa_stack: Stack, algorithm: str) -> None:
    """By PKCS #1 v1.5 and by PSS, and the CMS says which."""
    shop, signer = new_application(rsa_stack), Person(rsa_stack)
    answer = sign_doc(shop, signer, approved_document(shop, signer), documents=[element(signAlgo=algorithm)])
    assert answer.status_code == 200, answer.text
    assert asyncio.run(verdicts(rsa_stack, base64.b64decode(answer.json()["DocumentWithSignature"][0]))) == [True, True]


def test_the_signer_sees_the_very_file_that_is_signed(stack: Stack, shop: Application, taro: Signer, taros_browser: Browser) -> None:
    """With its hole and its properties; what is signed differs from it in the hole alone."""
    props = [
        {"attribute_name": "Reason", "attribute_value": b64("契約".encode())},
        {"attribute_name": "Location", "attribute_value": b64(b"Tokyo")},
    ]
    asked = ask_document(shop, taro, signed_props=props, signed_envelope_property="Revision").json()
    content = taros_browser.transaction(asked["handle"])["documents"][0]["content"]
    shown = taros_browser.get(f"/approve/{asked['handle']}/documents/0").content
    start, before, after, rest = content["byte_range"]
    assert (start, after + rest) == (0, len(shown))
    assert taros_browser.approve(asked["handle"]).json() == {"state": "approved"}
    documents = [element(signed_props=props, signed_envelope_property="Revision")]
    answer = sign_doc(shop, taro, shop.sad(asked["handle"]), documents=documents)
    signed = base64.b64decode(answer.json()["DocumentWithSignature"][0])
    assert (signed[:before], signed[after:]) == (shown[:before], shown[after:])
    signature = PdfFileReader(BytesIO(signed)).embedded_regular_signatures[0].sig_object
    assert (signature["/Reason"], signature["/Location"]) == ("契約", "Tokyo")


def test_digest_is_signed_for_a_document_that_stays_with_the_application(stack: Stack, shop: Application, taro: Signer) -> None:
    """A standard client's way: hole, digest, approval, CMS, and with what signDoc and `timestamp` give the application makes it B-LTA."""
    made = pades.prepare(CONTRACT, Plan(), certificates_of(shop, taro), "sha256", 1_700_000_000, timestamped=True)
    covered = hashlib.sha256(made.pdf[: made.hole_start] + made.pdf[made.hole_end :]).digest()
    sad = approved_digest(shop, taro, covered)
    asked = digest_element(covered, conformance_level="Ades-B-LTA", hashAlgorithmOID=SHA256)
    answer = sign_doc(shop, taro, sad, documentDigests=[asked], returnValidationInfo=True)
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == {"SignatureObject", "validationInfo"}
    info = {name: [base64.b64decode(one) for one in part] for name, part in answer.json()["validationInfo"].items()}
    assert info.keys() == {"ocsp", "crl", "certificates"}
    output = BytesIO(made.pdf)
    signed = cms.ContentInfo.load(base64.b64decode(answer.json()["SignatureObject"][0]))
    PreparedByteRangeDigest(b"", made.hole_start, made.hole_end).fill_with_cms(output, signed)
    lasting = pades.with_validation_data(output.getvalue(), info["certificates"], info["ocsp"], info["crl"])

    def stamp(digest: bytes, _: str) -> bytes:
        return base64.b64decode(shop.post("signatures/timestamp", {"hash": b64(digest), "hashAlgo": SHA256}).json()["timestamp"])

    archived = pades.with_document_timestamp(lasting, "sha256", stamp)
    assert asyncio.run(verdicts(stack, archived)) == [True, True]
    assert judge(archived, root_of(stack)) == Lasting(holds=True, stamped=True, archived=True)


def certificates_of(shop: Application, signer: Signer) -> tuple[bytes, ...]:
    told = shop.post("credentials/info", {"credentialID": signer.credential_id, "certificates": "chain"}).json()
    return tuple(base64.b64decode(one) for one in told["cert"]["certificates"])


def test_several_digests_are_signed_in_their_order(shop: Application, taro: Signer) -> None:
    """In one element or several; all that was approved, at once, and a hash that was given as text is one hash."""
    digests = [bytes([number]) * 32 for number in range(3)]
    sad = approved_digest(shop, taro, *digests)
    fewer = sign_doc(shop, taro, sad, documentDigests=[digest_element(*digests[:2])])
    assert error_of(fewer) == NOT_AUTHORIZED
    answer = sign_doc(shop, taro, sad, documentDigests=[digest_element(*digests[:2]), digest_element(hashes=b64(digests[2]))])
    assert answer.status_code == 200, answer.text
    named = [
        next(
            one["values"][0].native
            for one in cms.ContentInfo.load(base64.b64decode(signature))["content"]["signer_infos"][0]["signed_attrs"]
            if one["type"].native == "message_digest"
        )
        for signature in answer.json()["SignatureObject"]
    ]
    assert named == digests


def test_the_same_request_again_gets_the_same_signature_and_nothing_else_does(shop: Application, rival: Application, taro: Signer) -> None:
    """For an answer that was lost; another use of the SAD, and another application's, is a bad SAD."""
    sad = approved_digest(shop, taro, DIGEST)
    first, second = (sign_doc(shop, taro, sad, documentDigests=[digest_element(DIGEST)]) for _ in range(2))
    assert first.status_code == 200, first.text
    assert first.json() == second.json()
    bad = refused("Invalid parameter SAD")
    assert (
        error_of(rival.post(SIGN_DOC, {"credentialID": taro.credential_id, "SAD": sad, "documentDigests": [digest_element(DIGEST)]})) == bad
    )
    assert error_of(shop.sign(taro.credential_id, sad, [b64(DIGEST)])) == bad
    keyed = shop.post(
        SIGN_DOC, {"credentialID": taro.credential_id, "SAD": sad, "documentDigests": [digest_element(DIGEST)]}, Idempotency_Key="another"
    )
    assert error_of(keyed) == bad


def test_only_the_approved_document_is_signed(shop: Application, taro: Signer) -> None:
    """Another file is 403; and a file that was not sent with the request is not signed, though its digest was approved."""
    sad = approved_document(shop, taro)
    assert error_of(sign_doc(shop, taro, sad, documents=[element(document=b64(CONTRACT + b"\n"))])) == DIFFERS
    assert error_of(sign_doc(shop, taro, sad, documents=[element(), element()])) == DIFFERS
    assert error_of(sign_doc(shop, taro, sad, documentDigests=[digest_element(CONTRACT_DIGEST)])) == NOT_AUTHORIZED
    plain = approved_digest(shop, taro, CONTRACT_DIGEST)
    assert error_of(sign_doc(shop, taro, plain, documents=[element()])) == NOT_AUTHORIZED
    other = refused("Invalid parameter signed_envelope_property")
    assert error_of(sign_doc(shop, taro, sad, documents=[element(signed_envelope_property="Revision")])) == other
    props = [{"attribute_name": "Reason", "attribute_value": b64(b"another")}]
    wrong = refused("Invalid parameter signed_props (Reason)")
    assert error_of(sign_doc(shop, taro, sad, documents=[element(signed_props=props)])) == wrong
    assert sign_doc(shop, taro, sad, documents=[element()]).status_code == 200


NO_FORMAT = refused("Missing (or invalid type) string parameter signature_format")
BAD_FORMAT = refused("Invalid parameter signature_format")
BAD_LEVEL = refused("Invalid parameter conformance_level")
BAD_DIGESTS = refused("Invalid object parameter documentDigests")
BAD_BASE64 = refused("Invalid Base64 hashes string parameter")
BAD_DOCUMENT = refused("Invalid Base64 documents string parameter")
EMPTY = refused("Empty documentDigests and documents objects")
GOOD = digest_element(DIGEST)


def digests_with(**changes: Any) -> dict[str, Any]:
    return {"documentDigests": [digest_element(DIGEST, **changes)]}


def documents_with(**changes: Any) -> dict[str, Any]:
    return {"documentDigests": ABSENT, "documents": [element(**changes)]}


REFUSALS: dict[str, tuple[dict[str, Any], tuple[int, str, str]]] = {
    "no SAD": ({"SAD": ABSENT}, refused("Missing (or invalid type) string parameter SAD")),
    "SAD is a number": ({"SAD": 5}, refused("Missing (or invalid type) string parameter SAD")),
    "SAD is nonsense": ({"SAD": "nonsense"}, refused("Invalid parameter SAD")),
    "SAD is very long": ({"SAD": "A" * 10_000}, refused("Invalid parameter SAD")),
    "no credentialID": ({"credentialID": ABSENT}, refused("Missing (or invalid type) string parameter credentialID")),
    "credentialID is no id": ({"credentialID": "x"}, refused("Invalid parameter credentialID")),
    "another credentialID": ({"credentialID": UNKNOWN_ID}, refused("Invalid parameter credentialID")),
    "a qualifier": ({"signatureQualifier": "eu_eidas_qes"}, refused("Invalid parameter signatureQualifier")),
    "documentDigests is text": ({"documentDigests": "x"}, BAD_DIGESTS),
    "documentDigests is an object": ({"documentDigests": GOOD}, BAD_DIGESTS),
    "documentDigests of text": ({"documentDigests": ["x"]}, BAD_DIGESTS),
    "documents is an object": ({"documents": element()}, refused("Invalid array parameter documents")),
    "neither": ({"documentDigests": ABSENT}, EMPTY),
    "both empty": ({"documentDigests": [], "documents": []}, EMPTY),
    "both": ({"documents": [element()]}, refused("Both documentDigests and documents parameters passed")),
    "no hashes": (digests_with(hashes=ABSENT), BAD_DIGESTS),
    "a hash that is a number": (digests_with(hashes=[5]), BAD_DIGESTS),
    "0 hashes": (digests_with(hashes=[]), BAD_BASE64),
    "bad base64": (digests_with(hashes=["*"]), BAD_BASE64),
    "a short hash": (digests_with(hashes=[b64(bytes(31))]), refused("Invalid digest value length")),
    "a hash that was not approved": (digests_with(hashes=[b64(bytes(32))]), NOT_AUTHORIZED),
    "the hash twice": (digests_with(hashes=[b64(DIGEST)] * 2), NOT_AUTHORIZED),
    "the hash 101 times": (digests_with(hashes=[b64(DIGEST)] * 101), NOT_AUTHORIZED),
    "no document": (documents_with(document=ABSENT), BAD_DOCUMENT),
    "a document in bad base64": (documents_with(document="*"), BAD_DOCUMENT),
    "a document that is a list": (documents_with(document=["x"]), refused("Invalid parameter document")),
    "no format": (digests_with(signature_format=ABSENT), NO_FORMAT),
    "format is a number": (digests_with(signature_format=5), NO_FORMAT),
    **{f"format {one}": (digests_with(signature_format=one), BAD_FORMAT) for one in ("C", "X", "J", "p", "PAdES")},
    **{f"document in {one}": (documents_with(signature_format=one), BAD_FORMAT) for one in ("C", "X", "J")},
    **{f"level {one}": (digests_with(conformance_level=one), BAD_LEVEL) for one in ("Ades-B", "Ades-LTA", "B-B", "", 5)},
    "no signAlgo": (digests_with(signAlgo=ABSENT), refused("Missing (or invalid type) string parameter signAlgo")),
    "unknown signAlgo": (digests_with(signAlgo="1.2.3"), refused("Invalid parameter signAlgo")),
    "signAlgo for another key": (digests_with(signAlgo=RSA_SHA256), refused("Invalid parameter signAlgo")),
    "two signAlgos": (
        {"documentDigests": [GOOD, digest_element(DIGEST, signAlgo="1.2.840.10045.2.1", hashAlgorithmOID=SHA256)]},
        refused("Invalid parameter signAlgo"),
    ),
    "signAlgoParams is bad base64": (digests_with(signAlgoParams="*"), refused("Invalid parameter signAlgoParams")),
    "signAlgoParams is a number": (digests_with(signAlgoParams=5), refused("Missing (or invalid type) string parameter signAlgoParams")),
    "hashAlgorithmOID is SHA-1": (digests_with(hashAlgorithmOID=SHA1), refused("Invalid parameter hashAlgorithmOID")),
    "hashAlgorithmOID contradicts signAlgo": (
        digests_with(hashAlgorithmOID=SHA384),
        refused("String parameter hashAlgorithmOID contradicts with signAlgo parameter"),
    ),
    "hashAlgorithmOID missing": (
        digests_with(signAlgo="1.2.840.10045.2.1"),
        refused("Missing (or invalid type) string parameter hashAlgorithmOID"),
    ),
    "another hashAlgorithmOID than was approved": (
        digests_with(hashes=[b64(bytes(48))], signAlgo="1.2.840.10045.4.3.3"),
        refused("Invalid parameter hashAlgorithmOID"),
    ),
    "unknown envelope": (digests_with(signed_envelope_property="Detached"), refused("Invalid parameter signed_envelope_property")),
    "properties of a document that is elsewhere": (
        digests_with(signed_props=[{"attribute_name": "Reason", "attribute_value": b64(b"x")}]),
        refused("Invalid parameter signed_props (Reason)"),
    ),
    "unknown properties": (
        documents_with(signed_props=[{"attribute_name": "Reason", "attribute_value": b64(b"x")}, {"attribute_name": "mime-type"}]),
        refused("Invalid parameter signed_props (mime-type)"),
    ),
    "properties that are no list": (documents_with(signed_props="Reason"), refused("Invalid parameter signed_props ()")),
    "unknown mode": ({"operationMode": "X"}, refused("Invalid parameter operationMode")),
    "a time that is text": ({"operationMode": "A", "validity_period": "1000"}, refused("Invalid parameter validity_period")),
    "no time at all": ({"operationMode": "A", "validity_period": 0}, refused("Out of bounds parameter validity_period")),
    "an address to call": (
        {"operationMode": "A", "response_uri": "https://shop.example"},
        refused("Invalid parameter response_uri"),
    ),
    "clientData is a number": ({"clientData": 5}, refused("Invalid parameter clientData")),
    "returnValidationInfo is text": ({"returnValidationInfo": "true"}, refused("Invalid parameter returnValidationInfo")),
}


@pytest.fixture(scope="module")
def body(shop: Application, taro: Signer) -> dict[str, Any]:
    """What is right to send for one digest that is approved."""
    return {"credentialID": taro.credential_id, "SAD": approved_digest(shop, taro, DIGEST), "documentDigests": [GOOD]}


@pytest.mark.parametrize("case", REFUSALS)
def test_refused_with_the_words_of_the_table(shop: Application, body: dict[str, Any], case: str) -> None:
    changes, expected = REFUSALS[case]
    assert error_of(shop.post(SIGN_DOC, with_changes(body, changes))) == expected


UNPREPARED: dict[str, tuple[dict[str, Any], str]] = {
    "another format": ({"signature_format": "X"}, "Invalid parameter signature_format"),
    "no content": ({"content": ABSENT}, "Invalid parameter documents[0]: content must be a PDF in base64, mediaType application/pdf"),
    "a text": ({"mediaType": "text/plain"}, "Invalid parameter documents[0]: content must be a PDF in base64, mediaType application/pdf"),
    "another file": ({"content": b64(CONTRACT + b"\n")}, "Invalid parameter documents[0]: the hash is not the digest of the content"),
    "a property without value": ({"signed_props": [{"attribute_name": "Name"}]}, "Invalid parameter signed_props (Name)"),
    "a property that deceives": (
        {"signed_props": [{"attribute_name": "Name", "attribute_value": b64("a\u202eb".encode())}]},
        "Invalid parameter signed_props (Name)",
    ),
    "an unknown envelope": ({"signed_envelope_property": "Attached"}, "Invalid parameter signed_envelope_property"),
}


@pytest.mark.parametrize("case", UNPREPARED)
def test_document_that_cant_be_prepared_is_not_asked_for(shop: Application, taro: Signer, records: Records, case: str) -> None:
    changes, expected = UNPREPARED[case]
    before = records.authorizations()
    assert error_of(ask_document(shop, taro, **changes)) == refused(expected)
    assert records.authorizations() == before


BROKEN = {"text": b"%PDF-1.7\nno more", "cut off": CONTRACT[: len(CONTRACT) // 2], "empty": b"%PDF-1.7\n%%EOF\n"}


@pytest.mark.parametrize("name", BROKEN)
def test_file_that_is_no_pdf_is_refused(shop: Application, taro: Signer, name: str) -> None:
    """Whatever the parser makes of it: 400, never a 500."""
    file = BROKEN[name]
    body = authorize_body(taro.credential_id, hashes=[b64(hashlib.sha256(file).digest())], documents=[to_prepare(content=b64(file))])
    expected = "Invalid parameter documents[0]: this PDF can't be signed so"
    assert error_of(shop.post("credentials/authorize", body)) == refused(expected)


def test_certified_document_takes_another_signature_as_revision_only(shop: Application, taro: Signer) -> None:
    """Certification comes first, or not at all (ISO 32000-1 §12.8.2.2)."""
    answer = sign_doc(shop, taro, approved_document(shop, taro), documents=[element()])
    signed = base64.b64decode(answer.json()["DocumentWithSignature"][0])
    for envelope, status in (("Certification", 400), ("Revision", 202)):
        prepared = to_prepare(content=b64(signed), signed_envelope_property=envelope)
        body = authorize_body(taro.credential_id, hashes=[b64(hashlib.sha256(signed).digest())], documents=[prepared])
        assert shop.post("credentials/authorize", body).status_code == status


def test_nothing_prepared_is_kept_once_it_is_refused(shop: Application, taro: Signer, records: Records) -> None:
    """What was appended goes with the request; it is encrypted until then."""
    handle = ask_document(shop, taro).json()["handle"]
    sealed = records.one("SELECT sealed FROM preparations WHERE authorization_id = ?", handle)
    assert b"/ByteRange" not in sealed
    taro.refuse(handle)
    kept = "SELECT count(*) FROM preparations WHERE authorization_id = ?"
    wait_until(lambda: records.one(kept, handle) == 0)


def test_statement_leads_from_the_approved_digest_to_the_signature(stack: Stack, shop: Application, tmp_path: Path, browse: Browse) -> None:
    """The journal keeps the attributes, so that whoever checks the signer's statement sees that what was approved was signed."""
    signer = Person(stack)
    sad = approved_digest(shop, signer, DIGEST)
    assert sign_doc(shop, signer, sad, documentDigests=[GOOD]).status_code == 200
    told = browse(stack, signer.passkey).signed_in().get(f"/history/statement/{signer.credential_id}", Accept="application/json")
    key = next(one["state"] for one in stack.natsuin("doctor")["findings"] if one["part"] == "statement key")
    status, said = verify(bytes(told.content), tmp_path, key)
    assert (status, said["valid"], [one["state"] for one in said["authorizations"]]) == (0, True, ["signed"])
