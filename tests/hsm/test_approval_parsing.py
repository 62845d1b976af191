"""`approve`, step (0): one canonical form, within limits, in plain text; the passkey has signed every one of these bytes."""

import json
from collections.abc import Callable

import pytest

from hsm.activation import status
from hsm.approval import approve, refuse
from hsm.errors import Malformed
from hsm.messages import ApproveRequest, RefuseRequest, StatusRequest
from tests.harness.sam import TestSigner
from tests.hsm.conftest import SignerOf

TEXTS = ("application_name", "description", "label")
DECEIVING = "\n\0\x7f\x85\u202e\u2066\u200f\u200b\u200d\u2060\ufeff\u2028\u00ad\ue000\U000e0041\u3164\u115f\u2800\u034f\uffa0"


@pytest.fixture
def signer(signer_of: SignerOf) -> TestSigner:
    """A signer whom these tests share: none of them changes anything but what it makes itself."""
    return signer_of("p-256")


def require_malformed(signer: TestSigner, raw: bytes, why: str | None = None) -> None:
    """The bytes are refused, by `approve` with a flawless proof, and by `refuse`."""
    with pytest.raises(Malformed, match=why):
        approve(signer.sam, ApproveRequest(raw, signer.assertion(raw)))
    with pytest.raises(Malformed, match=why):
        refuse(signer.sam, RefuseRequest(raw, "declined"))


def rewritten(raw: bytes, **fields: object) -> bytes:
    """Give the transaction with other fields, in canonical form."""
    return json.dumps(json.loads(raw) | fields, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def with_document(raw: bytes, **fields: object) -> bytes:
    return rewritten(raw, documents=[json.loads(raw)["documents"][0] | fields])


def test_what_is_rewritten_without_a_change_is_still_canonical(signer: TestSigner) -> None:
    """The tool of these tests makes canonical bytes, so that what they change is all that is wrong."""
    raw = signer.transaction().encode()
    assert with_document(raw) == raw


@pytest.mark.parametrize(
    "encode",
    [
        pytest.param(lambda raw: raw + b"\n", id="newline at the end"),
        pytest.param(lambda raw: b" " + raw, id="space before"),
        pytest.param(lambda raw: b"\xef\xbb\xbf" + raw, id="byte order mark"),
        pytest.param(lambda raw: raw.replace(b'"version":1', b'"version": 1'), id="space within"),
        pytest.param(lambda raw: raw.replace(b'"version":1', b'"version":1.0'), id="float"),
        pytest.param(lambda raw: raw.replace(b'"version":1', b'"version":1e0'), id="exponent"),
        pytest.param(lambda raw: json.dumps(json.loads(raw), separators=(",", ":"), sort_keys=True).encode(), id="escaped"),
        pytest.param(lambda raw: raw.replace(b'"type":"sign"', b'"type":"\\u0073ign"'), id="escaped tag"),
        pytest.param(
            lambda raw: json.dumps(dict(sorted(json.loads(raw).items(), reverse=True)), ensure_ascii=False, separators=(",", ":")).encode(),
            id="keys in another order",
        ),
        pytest.param(lambda raw: raw.replace(b'"version":1', b'"version":1,"version":1'), id="key twice"),
        pytest.param(lambda raw: raw.replace(b'"documents":[{', b'"documents":[{"label":"x",'), id="key twice, deeper"),
        pytest.param(lambda raw: raw[:-1], id="cut off"),
        pytest.param(lambda raw: raw + raw, id="two of them"),
        pytest.param(lambda raw: b"", id="nothing"),
        pytest.param(lambda raw: b"null", id="null"),
        pytest.param(lambda raw: b"\xff" + raw, id="not UTF-8"),
        pytest.param(lambda raw: raw.decode().encode("utf-16"), id="UTF-16"),
        pytest.param(lambda raw: b"[" * 100_000, id="nested lists"),
        pytest.param(lambda raw: b'{"type":' + b"[" * 100_000, id="nested tag"),
        pytest.param(lambda raw: b'{"type":"sign","documents":' + b'{"a":' * 30_000, id="nested documents"),
    ],
)
def test_step_0_another_encoding_is_refused(signer: TestSigner, encode: Callable[[bytes], bytes]) -> None:
    """The same content in other bytes, or bytes that are no JSON, are refused and no failure."""
    require_malformed(signer, encode(signer.transaction().encode()))


def test_step_0_what_is_too_large_is_not_read(signer: TestSigner) -> None:
    """Over 200,000 bytes nothing is looked at."""
    require_malformed(signer, b'{"description":"' + b"x" * 200_000 + b'"}', "too large")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", 2),
        ("version", "1"),
        ("version", True),
        ("version", None),
        ("type", "enroll"),
        ("type", "Sign"),
        ("id", "short"),
        ("id", "=" * 22),
        ("id", "A" * 23),
        ("nonce", "A" * 42),
        ("signer", ""),
        ("signer", "a b"),
        ("signer", "a" * 65),
        ("credential_id", None),
        ("created", -1),
        ("created", "1800000000"),
        ("created", 1_800_000_000.5),
        ("expires", 2**53),
        ("expires", 10**40),
        ("application_id", 7),
        ("application_name", ""),
        ("application_name", "x" * 101),
        ("certificate_sha256", "A" * 64),
        ("certificate_sha256", "a" * 63),
        ("hash_algorithm", "sha256"),
        ("hash_algorithm", "1." + "2" * 100),
        ("hash_algorithm", "1.3.14.3.2.26"),  # SHA-1
        ("hash_algorithm", "2.16.840.1.101.3.4.2.3"),  # SHA-512, over a digest of 32 bytes
        ("documents", []),
        ("documents", {}),
        ("description", "x" * 501),
        ("description", None),
        ("more", "x"),
    ],
)
def test_step_0_a_field_over_its_limits_is_refused(signer: TestSigner, field: str, value: object) -> None:
    """Wrong types, lengths and values, and fields that nobody knows, are refused."""
    require_malformed(signer, rewritten(signer.transaction().encode(), **{field: value}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("label", "x" * 101),
        ("label", None),
        ("hash", ""),
        ("hash", "A" * 40 + "=="),  # 31 bytes
        ("hash", "A" * 86 + "AA"),  # 66 bytes
        ("hash", "A" * 42 + "B="),  # bits that count for nothing are set
        ("hash", "A" * 43),
        ("hash", "-" * 43 + "="),
        ("hash", "!" * 44),
        ("more", "x"),
    ],
)
def test_step_0_a_document_over_its_limits_is_refused(signer: TestSigner, field: str, value: object) -> None:
    """A document is a label of 100 characters at most, and a digest of 32 to 64 bytes in canonical base64."""
    require_malformed(signer, with_document(signer.transaction().encode(), **{field: value}))


def test_step_0_a_hundred_documents_are_the_limit(signer: TestSigner) -> None:
    """A hundred are approved, one more is refused."""
    digests = [bytes([number]) * 32 for number in range(101)]
    signer.approve(signer.transaction(*digests[:100]))
    require_malformed(signer, signer.transaction(*digests).encode())


@pytest.mark.parametrize("field", ["nonce", "signer", "expires", "documents", "description", "type"])
def test_step_0_a_missing_field_is_refused(signer: TestSigner, field: str) -> None:
    """There are no defaults: what is not said was not signed."""
    fields = json.loads(signer.transaction().encode())
    del fields[field]
    require_malformed(signer, json.dumps(fields, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode())


@pytest.mark.parametrize("field", TEXTS)
@pytest.mark.parametrize("character", DECEIVING, ids=lambda character: f"U+{ord(character):04X}")
def test_step_0_text_that_deceives_is_refused(signer: TestSigner, field: str, character: str) -> None:
    """Control, bidi and zero-width characters are refused wherever a person will read them."""
    raw, text = signer.transaction().encode(), f"契約{character}書"
    require_malformed(signer, with_document(raw, label=text) if field == "label" else rewritten(raw, **{field: text}))


@pytest.mark.parametrize("text", ["葛\U000e0100飾区", "ｶﾅ　全角", "Łódź – “10 %”", "👍🏽", "שלום"], ids=ascii)
def test_step_0_text_as_people_write_it_is_approved(signer: TestSigner, text: str) -> None:
    """Ideographic variants, wide spaces, emoji and scripts that run from right to left are text."""
    transaction = signer.transaction(description=text, application_name=text)
    signer.approve(transaction)
    assert status(signer.sam, StatusRequest(transaction.id)).outcome == "approved"
