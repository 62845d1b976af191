"""`credentials/extendTransaction` (CSC 2.0 §11.10): a SAD again for what was approved, and for nothing else."""

from typing import Any

import pytest

from tests.flow.wire import ABSENT, DIGEST, SHA1, SHA384, UNKNOWN_ID, b64, error_of, new_hash, refused, with_changes
from tests.harness.signer import Signer
from tests.harness.stack import SHA256, Application

EXTEND = "credentials/extendTransaction"
GOOD, OTHER = b64(DIGEST), b64(DIGEST[::-1])
BAD_SAD = refused("Invalid parameter SAD")
NOT_AUTHORIZED = refused("Hash is not authorized by the SAD.")
BAD_ALGORITHM = refused("Invalid parameter hashAlgorithmOID")
REFUSALS: dict[str, tuple[dict[str, Any], tuple[int, str, str]]] = {
    "no credentialID": ({"credentialID": ABSENT}, refused("Missing (or invalid type) string parameter credentialID")),
    "credentialID is no id": ({"credentialID": "x"}, refused("Invalid parameter credentialID")),
    "another credentialID": ({"credentialID": UNKNOWN_ID}, refused("Invalid parameter credentialID")),
    "no SAD": ({"SAD": ABSENT}, refused("Missing (or invalid type) string parameter SAD")),
    "a SAD that was never made": ({"SAD": "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB"}, BAD_SAD),
    "a SAD that is not ASCII": ({"SAD": "捺印"}, BAD_SAD),
    "no hashes": ({"hashes": ABSENT}, refused("Missing (or invalid type) array parameter hash")),
    "0 hashes": ({"hashes": []}, refused("Empty hash array")),
    "bad base64": ({"hashes": ["*"]}, refused("Invalid Base64 hash string parameter")),
    "a hash that was not approved": ({"hashes": [new_hash()]}, NOT_AUTHORIZED),
    "one that was beside one that was not": ({"hashes": [GOOD, new_hash()]}, NOT_AUTHORIZED),
    "an approved hash once too often": ({"hashes": [GOOD, GOOD]}, NOT_AUTHORIZED),
    "no hashAlgorithmOID": ({"hashAlgorithmOID": ABSENT}, refused("Missing (or invalid type) string parameter hashAlgorithmOID")),
    "SHA-1": ({"hashAlgorithmOID": SHA1}, BAD_ALGORITHM),
    "another algorithm than was approved": ({"hashAlgorithmOID": SHA384, "hashes": [b64(bytes(48))]}, BAD_ALGORITHM),
    "a short hash": ({"hashes": [b64(bytes(31))]}, refused("Invalid digest value length")),
    "clientData is a number": ({"clientData": 5}, refused("Invalid parameter clientData")),
}


@pytest.fixture(scope="module")
def body(shop: Application, taro: Signer) -> dict[str, Any]:
    """What is right to send for an approval of two hashes."""
    handle = shop.authorize(taro.credential_id, DIGEST, DIGEST[::-1])["handle"]
    taro.approve(handle)
    return {"credentialID": taro.credential_id, "SAD": shop.sad(handle), "hashes": [GOOD, OTHER], "hashAlgorithmOID": SHA256}


@pytest.mark.parametrize("case", REFUSALS)
def test_refused_with_the_words_of_the_tables(shop: Application, body: dict[str, Any], case: str) -> None:
    changes, expected = REFUSALS[case]
    assert error_of(shop.post(EXTEND, with_changes(body, changes))) == expected


def test_no_changed_or_borrowed_sad_is_taken(shop: Application, rival: Application, body: dict[str, Any]) -> None:
    """Any other character, and another application's: the same answer as for none."""
    sad = body["SAD"]
    for place in (0, 25, 60, 100, len(sad) - 2):
        wrong = sad[:place] + ("A" if sad[place] != "A" else "B") + sad[place + 1 :]
        assert error_of(shop.post(EXTEND, body | {"SAD": wrong})) == BAD_SAD
    assert error_of(rival.post(EXTEND, body)) == BAD_SAD


def test_it_gives_no_more_than_was_approved(shop: Application, taro: Signer) -> None:
    """For some or all of the approved hashes: the SAD of the same approval, its time not a second longer; once it is used, no more."""
    handle = shop.authorize(taro.credential_id, DIGEST, DIGEST[::-1])["handle"]
    taro.approve(handle)
    collected = shop.post("credentials/authorizeCheck", {"handle": handle}).json()
    ask = {"credentialID": taro.credential_id, "SAD": collected["SAD"], "hashAlgorithmOID": SHA256}
    for hashes in ([GOOD], [OTHER, GOOD]):
        extended = shop.post(EXTEND, ask | {"hashes": hashes})
        assert extended.status_code == 200, extended.text
        assert extended.json()["expiresIn"] <= collected["expiresIn"]
    sad = extended.json()["SAD"]
    assert error_of(shop.sign(taro.credential_id, sad, [GOOD])) == NOT_AUTHORIZED
    assert shop.sign(taro.credential_id, sad, [GOOD, OTHER]).status_code == 200
    assert error_of(shop.post(EXTEND, ask | {"hashes": [GOOD]})) == BAD_SAD
