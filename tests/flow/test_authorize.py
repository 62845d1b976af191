"""`credentials/authorize`: what it answers, and the error table of CSC 2.0 §11.7; whatever is refused leaves nothing behind."""

import hashlib
from typing import Any

import pytest

from tests.flow.browser import Browse
from tests.flow.parties import Person, new_application
from tests.flow.records import Records
from tests.flow.wire import ABSENT, DIGEST, SHA1, SHA384, UNKNOWN_ID, authorize_body, b64, error_of, new_hash, refused
from tests.harness.signer import Signer
from tests.harness.stack import SHA256, Application, Stack

NO_CREDENTIAL = refused("Missing (or invalid type) string parameter credentialID")
UNKNOWN_CREDENTIAL = refused("Invalid parameter credentialID")
NO_COUNT = refused("Missing (or invalid type) integer parameter numSignatures")
WRONG_COUNT = refused("Invalid value for parameter numSignatures")
TOO_MANY = refused("Numbers of signatures is too high")
NO_HASHES = refused("Missing (or invalid type) array parameter hash")
EMPTY = refused("Empty hash array")
BAD_BASE64 = refused("Invalid Base64 hash string parameter")
NO_ALGORITHM = refused("Missing (or invalid type) string parameter hashAlgorithmOID")
BAD_ALGORITHM = refused("Invalid parameter hashAlgorithmOID")
BAD_LENGTH = refused("Invalid digest value length")
BAD_FACTOR = refused("The authentication data is invalid", "invalid_authentication_data")
BAD_DESCRIPTION = refused("Invalid parameter description")
BAD_LABELS = refused("Invalid parameter documentLabels")
BAD_EXPIRY = refused("Invalid parameter requestedExpiry")
GOOD = b64(DIGEST)
DECEPTIVE = {
    "control": "a\x07b",
    "newline": "a\nb",
    "nul": "a\x00b",
    "right-to-left override": "a\u202efdp.b",
    "isolate": "a\u2066b",
    "zero-width space": "a\u200bb",
    "zero-width joiner": "a\u200db",
    "byte order mark": "\ufeffab",
    "line separator": "a\u2028b",
    "tag": "a\U000e0041b",
    "private use": "a\ue000b",
    "soft hyphen": "a\u00adb",
}

REFUSALS: dict[str, tuple[dict[str, Any], tuple[int, str, str]]] = {
    "no credentialID": ({"credentialID": ABSENT}, NO_CREDENTIAL),
    "credentialID is empty": ({"credentialID": ""}, NO_CREDENTIAL),
    "credentialID is a number": ({"credentialID": 5}, NO_CREDENTIAL),
    "credentialID is unknown": ({"credentialID": UNKNOWN_ID}, UNKNOWN_CREDENTIAL),
    "credentialID is no id": ({"credentialID": "' OR 1=1 --"}, UNKNOWN_CREDENTIAL),
    "userID is another signer": ({"userID": "nobody"}, UNKNOWN_CREDENTIAL),
    "userID is empty": ({"userID": ""}, UNKNOWN_CREDENTIAL),
    "no numSignatures": ({"numSignatures": ABSENT}, NO_COUNT),
    "numSignatures is text": ({"numSignatures": "1"}, NO_COUNT),
    "numSignatures is a fraction": ({"numSignatures": 1.0}, NO_COUNT),
    "numSignatures is true": ({"numSignatures": True}, NO_COUNT),
    "numSignatures is 0": ({"numSignatures": 0}, WRONG_COUNT),
    "numSignatures is negative": ({"numSignatures": -1}, WRONG_COUNT),
    "numSignatures is over multisign": ({"numSignatures": 101, "hashes": [GOOD] * 101}, TOO_MANY),
    "numSignatures is huge": ({"numSignatures": 10**30}, TOO_MANY),
    "more signatures than hashes": ({"numSignatures": 2}, WRONG_COUNT),
    "more hashes than signatures": ({"hashes": [GOOD] * 101}, WRONG_COUNT),
    "no hashes": ({"hashes": ABSENT}, NO_HASHES),
    "hashes is text": ({"hashes": GOOD}, NO_HASHES),
    "a hash is a number": ({"hashes": [5]}, NO_HASHES),
    "a hash is null": ({"hashes": [None]}, NO_HASHES),
    "0 hashes": ({"hashes": []}, EMPTY),
    "base64 without padding": ({"hashes": [GOOD.rstrip("=")]}, BAD_BASE64),
    "base64url": ({"hashes": [GOOD.replace("+", "-").replace("/", "_")]}, BAD_BASE64),
    "base64 with stray bits": ({"hashes": [GOOD[:-2] + "9="]}, BAD_BASE64),
    "base64 with a space": ({"hashes": [" " + GOOD]}, BAD_BASE64),
    "base64 with a line end": ({"hashes": [GOOD + "\n"]}, BAD_BASE64),
    "base64 with padding inside": ({"hashes": [GOOD + GOOD]}, BAD_BASE64),
    "hexadecimal with a colon": ({"hashes": ["fb:ef"]}, BAD_BASE64),
    "an empty hash": ({"hashes": [""]}, BAD_BASE64),
    "a hash beyond ASCII": ({"hashes": ["署名" * 11]}, BAD_BASE64),
    "one of two hashes is bad": ({"numSignatures": 2, "hashes": [GOOD, "*"]}, BAD_BASE64),
    "no hashAlgorithmOID": ({"hashAlgorithmOID": ABSENT}, NO_ALGORITHM),
    "hashAlgorithmOID is a number": ({"hashAlgorithmOID": 2.16}, NO_ALGORITHM),
    "SHA-1": ({"hashAlgorithmOID": SHA1, "hashes": [b64(hashlib.sha1(b"").digest())]}, BAD_ALGORITHM),
    "SHA-1 with 32 bytes": ({"hashAlgorithmOID": SHA1}, BAD_ALGORITHM),
    "SHA-224": ({"hashAlgorithmOID": "2.16.840.1.101.3.4.2.4", "hashes": [b64(bytes(28))]}, BAD_ALGORITHM),
    "MD5": ({"hashAlgorithmOID": "1.2.840.113549.2.5", "hashes": [b64(bytes(16))]}, BAD_ALGORITHM),
    "a name in place of an OID": ({"hashAlgorithmOID": "SHA-256"}, BAD_ALGORITHM),
    "31 bytes for SHA-256": ({"hashes": [b64(bytes(31))]}, BAD_LENGTH),
    "33 bytes for SHA-256": ({"hashes": [b64(bytes(33))]}, BAD_LENGTH),
    "20 bytes for SHA-256": ({"hashes": [b64(bytes(20))]}, BAD_LENGTH),
    "32 bytes for SHA-384": ({"hashAlgorithmOID": SHA384}, BAD_LENGTH),
    "one of two hashes is short": ({"numSignatures": 2, "hashes": [GOOD, b64(bytes(16))]}, BAD_LENGTH),
    "an unknown factor": ({"authData": [{"id": "PIN", "value": "1234"}]}, BAD_FACTOR),
    "a value for the phone's factor": ({"authData": [{"id": "mobile", "value": "1234"}]}, BAD_FACTOR),
    "a factor without id": ({"authData": [{}]}, BAD_FACTOR),
    "description of 501 characters": ({"description": "あ" * 501}, BAD_DESCRIPTION),
    "description that grows over 500 when composed": ({"description": "\u0958" * 251}, BAD_DESCRIPTION),
    "description of a million combining marks": ({"description": "a" + "\u0301\u0327" * 100_000}, BAD_DESCRIPTION),
    "fewer labels than hashes": ({"documentLabels": []}, BAD_LABELS),
    "more labels than hashes": ({"documentLabels": ["a", "b"]}, BAD_LABELS),
    "a label of 101 characters": ({"documentLabels": ["a" * 101]}, BAD_LABELS),
    "a label that grows over 100 when composed": ({"documentLabels": ["\u0958" * 51]}, BAD_LABELS),
    "29 seconds": ({"requestedExpiry": 29}, BAD_EXPIRY),
    "601 seconds": ({"requestedExpiry": 601}, BAD_EXPIRY),
    "a negative time": ({"requestedExpiry": -30}, BAD_EXPIRY),
    **{f"{name} in the description": ({"description": text}, BAD_DESCRIPTION) for name, text in DECEPTIVE.items()},
    **{f"{name} in a label": ({"documentLabels": [text]}, BAD_LABELS) for name, text in DECEPTIVE.items()},
}


@pytest.mark.parametrize("case", REFUSALS)
def test_refused_with_the_words_of_the_table_and_nothing_is_created(shop: Application, taro: Signer, records: Records, case: str) -> None:
    """Each bad request gets its own status, error and description, and no authorization comes of it."""
    changes, expected = REFUSALS[case]
    before = records.authorizations()
    assert error_of(shop.post("credentials/authorize", authorize_body(taro.credential_id, **changes))) == expected
    assert records.authorizations() == before


def test_nothing_refused_reaches_the_inbox(shop: Application, stack: Stack) -> None:
    """A signer who was only ever asked in bad requests has nothing to decide."""
    signer = Person(stack)
    for changes, expected in REFUSALS.values():
        answer = shop.post("credentials/authorize", authorize_body(signer.credential_id, **changes))
        assert answer.status_code == expected[0]
    assert signer.inbox() == []


@pytest.mark.parametrize("change", ["state = 'destroyed'", "frozen_until = 4000000000", "not_after = 1", "not_before = 4000000000"])
def test_unusable_credential_is_disabled(shop: Application, stack: Stack, records: Records, change: str) -> None:
    """A credential that is switched off, or whose certificate is not valid now, can't be asked for."""
    signer = Person(stack)
    records.change(f"UPDATE credentials SET {change} WHERE credential_id = ?", signer.credential_id)
    before = records.authorizations()
    answer = shop.post("credentials/authorize", authorize_body(signer.credential_id))
    assert error_of(answer) == refused("The credential identified by credentialID is disabled")
    assert records.authorizations() == before


def test_answer_names_handle_page_and_time(shop: Application, taro: Signer, stack: Stack) -> None:
    """The answer is 202 with a handle, the page for the signer, and the seconds until it ends; no code unless the policy asks for one."""
    answer = shop.post("credentials/authorize", authorize_body(taro.credential_id, userID=taro.user_id))
    assert answer.status_code == 202
    body = answer.json()
    assert body.keys() == {"handle", "approval_url", "code_url", "code_token", "code_key", "code_second", "expiresIn", "progress"} | {
        "events_url",
        "events_token",
    }
    assert body["approval_url"] == f"{stack.origin}/approve/{body['handle']}"
    assert body["code_url"] == f"{stack.origin}/s"
    assert body["handle"] not in body["code_token"] + body["code_key"]
    assert 170 <= body["expiresIn"] <= 180
    assert "taro" not in body["handle"]


@pytest.mark.parametrize("seconds", [30, 600])
def test_requested_time_is_kept(shop: Application, taro: Signer, seconds: int) -> None:
    """An application may ask for 30 to 600 seconds."""
    assert seconds - 10 <= shop.authorize(taro.credential_id, requestedExpiry=seconds)["expiresIn"] <= seconds


def test_everything_that_may_be_said_is_shown_as_it_was_said(shop: Application, stack: Stack, browse: Browse) -> None:
    """Texts in NFC, one label for each hash, the order kept; a factor without a value, client data and unknown fields change nothing."""
    signer = Person(stack)
    hashes = [new_hash() for _ in range(3)]
    decomposed = "か\u3099いしゃ"  # がいしゃ in NFD
    answer = shop.post(
        "credentials/authorize",
        authorize_body(
            signer.credential_id,
            numSignatures=3,
            hashes=hashes,
            description="é 契約" + "𠮷" * 400,
            documentLabels=[decomposed, "", "<b>&amp;"],
            authData=[{"id": "mobile"}],
            clientData="anything",
            somethingElse=[1],
        ),
    )
    assert answer.status_code == 202
    (waiting,) = signer.inbox()
    assert waiting.documents == 3
    assert waiting.description == "é 契約" + "𠮷" * 400
    shown = browse(stack, signer.passkey).signed_in().transaction(answer.json()["handle"])
    assert [document["label"] for document in shown["documents"]] == ["がいしゃ", "", "<b>&amp;"]
    assert [document["hash"] for document in shown["documents"]] == hashes
    assert shown["hash_algorithm"] == SHA256


def test_a_hundred_documents_are_signed_at_once(shop: Application, taro: Signer) -> None:
    """As many as `multisign` promises, SHA-384 among them, under the longest texts."""
    hashes = [b64(hashlib.sha384(bytes([number])).digest()) for number in range(100)]
    fields = {"hashAlgorithmOID": SHA384, "description": "説" * 500, "documentLabels": ["書" * 100] * 100}
    answer = shop.post("credentials/authorize", authorize_body(taro.credential_id, numSignatures=100, hashes=hashes, **fields))
    assert answer.status_code == 202
    taro.approve(answer.json()["handle"])
    signed = shop.sign(taro.credential_id, shop.sad(answer.json()["handle"]), hashes, "1.2.840.10045.4.3.3")
    assert signed.status_code == 200, signed.text
    assert len(set(signed.json()["signatures"])) == 100


def test_one_hash_twice_is_two_signatures(shop: Application, taro: Signer) -> None:
    """Hashes are a multiset: what is asked twice is approved twice, and signed twice only if asked twice."""
    asked = shop.authorize(taro.credential_id, DIGEST, DIGEST)
    taro.approve(asked["handle"])
    sad = shop.sad(asked["handle"])
    for wrong in ([b64(DIGEST)], [b64(DIGEST)] * 3):
        assert error_of(shop.sign(taro.credential_id, sad, wrong)) == refused("Hash is not authorized by the SAD.")
    assert len(shop.sign(taro.credential_id, sad, [b64(DIGEST)] * 2).json()["signatures"]) == 2


def test_too_many_open_requests_are_refused_until_one_ends(fragile: Stack) -> None:
    """The fourth open request of a signer gets 429 and the seconds until the first ends; another signer is not concerned."""
    shop, signer, other = new_application(fragile), Person(fragile), Person(fragile)
    first = shop.authorize(signer.credential_id, requestedExpiry=60)
    shop.authorize(signer.credential_id)
    shop.authorize(signer.credential_id)
    answer = shop.post("credentials/authorize", authorize_body(signer.credential_id))
    assert error_of(answer) == refused("The signer has other requests to decide first", "too_many_requests", 429)
    assert 50 <= int(answer.headers["retry-after"]) <= 60
    shop.authorize(other.credential_id)
    signer.refuse(first["handle"])
    shop.authorize(signer.credential_id)
