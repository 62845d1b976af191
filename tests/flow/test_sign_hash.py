"""`signatures/signHash`: the error table of CSC 2.0 §11.10; whatever is refused spends nothing."""

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from msgspec import Struct

from tests.flow.wire import ABSENT, DIGEST, SHA1, SHA384, UNKNOWN_ID, b64, error_of, has_signed, new_hash, refused, sign_body
from tests.harness.signer import Signer
from tests.harness.stack import RSA_SHA256, SHA256, Application

SIGN = "signatures/signHash"
EC_PUBLIC_KEY = "1.2.840.10045.2.1"
ECDSA_SHA384 = "1.2.840.10045.4.3.3"
RSASSA_PSS = "1.2.840.113549.1.1.10"
RSA_ENCRYPTION = "1.2.840.113549.1.1.1"

NO_SAD = refused("Missing (or invalid type) string parameter SAD")
BAD_SAD = refused("Invalid parameter SAD")
NO_CREDENTIAL = refused("Missing (or invalid type) string parameter credentialID")
BAD_CREDENTIAL = refused("Invalid parameter credentialID")
NO_HASHES = refused("Missing (or invalid type) array parameter hash")
EMPTY = refused("Empty hash array")
BAD_BASE64 = refused("Invalid Base64 hash string parameter")
NOT_AUTHORIZED = refused("Hash is not authorized by the SAD.")
NO_ALGORITHM = refused("Missing (or invalid type) string parameter signAlgo")
BAD_ALGORITHM = refused("Invalid parameter signAlgo")
NO_PARAMETERS = refused("Missing (or invalid type) string parameter signAlgoParams")
BAD_PARAMETERS = refused("Invalid parameter signAlgoParams")
NO_HASH_ALGORITHM = refused("Missing (or invalid type) string parameter hashAlgorithmOID")
BAD_HASH_ALGORITHM = refused("Invalid parameter hashAlgorithmOID")
BAD_LENGTH = refused("Invalid digest value length")
BAD_MODE = refused("Invalid parameter operationMode")
BAD_VALIDITY = refused("Invalid parameter validity_period")
OUT_OF_BOUNDS = refused("Out of bounds parameter validity_period")
BAD_URI = refused("Invalid parameter response_uri")
BAD_CLIENT_DATA = refused("Invalid parameter clientData")
GOOD = b64(DIGEST)

REFUSALS: dict[str, tuple[dict[str, Any], tuple[int, str, str]]] = {
    "no SAD": ({"SAD": ABSENT}, NO_SAD),
    "SAD is null": ({"SAD": None}, NO_SAD),
    "SAD is a number": ({"SAD": 5}, NO_SAD),
    "SAD is empty": ({"SAD": ""}, NO_SAD),
    "SAD is nonsense": ({"SAD": "nonsense"}, BAD_SAD),
    "SAD is not ASCII": ({"SAD": "捺印"}, BAD_SAD),
    "SAD is very long": ({"SAD": "A" * 100_000}, BAD_SAD),
    "no credentialID": ({"credentialID": ABSENT}, NO_CREDENTIAL),
    "credentialID is a list": ({"credentialID": ["x"]}, NO_CREDENTIAL),
    "credentialID is unknown": ({"credentialID": UNKNOWN_ID}, BAD_CREDENTIAL),
    "credentialID is no id": ({"credentialID": "x"}, BAD_CREDENTIAL),
    "no hashes": ({"hashes": ABSENT}, NO_HASHES),
    "hashes is text": ({"hashes": GOOD}, NO_HASHES),
    "a hash is a number": ({"hashes": [5]}, NO_HASHES),
    "0 hashes": ({"hashes": []}, EMPTY),
    "bad base64": ({"hashes": ["*"]}, BAD_BASE64),
    "base64url": ({"hashes": [GOOD.replace("+", "-").replace("/", "_")]}, BAD_BASE64),
    "base64 with stray bits": ({"hashes": [GOOD[:-2] + "9="]}, BAD_BASE64),
    "another hash": ({"hashes": [new_hash()]}, NOT_AUTHORIZED),
    "one hash more": ({"hashes": [GOOD, new_hash()]}, NOT_AUTHORIZED),
    "the hash twice": ({"hashes": [GOOD, GOOD]}, NOT_AUTHORIZED),
    "the hash 101 times": ({"hashes": [GOOD] * 101}, NOT_AUTHORIZED),
    "no signAlgo": ({"signAlgo": ABSENT}, NO_ALGORITHM),
    "signAlgo is a number": ({"signAlgo": 1.2}, NO_ALGORITHM),
    "signAlgo is unknown": ({"signAlgo": "1.2.3"}, BAD_ALGORITHM),
    "signAlgo is ECDSA with SHA-1": ({"signAlgo": "1.2.840.10045.4.1"}, BAD_ALGORITHM),
    "signAlgo is RSA with SHA-1": ({"signAlgo": "1.2.840.113549.1.1.5"}, BAD_ALGORITHM),
    "signAlgo is for another key": ({"signAlgo": RSA_SHA256}, BAD_ALGORITHM),
    "signAlgo is PSS for another key": ({"signAlgo": RSASSA_PSS, "hashAlgorithmOID": SHA256}, BAD_ALGORITHM),
    "signAlgoParams is a number": ({"signAlgoParams": 5}, NO_PARAMETERS),
    "signAlgoParams is bad base64": ({"signAlgoParams": "*"}, BAD_PARAMETERS),
    "signAlgoParams where there are none": ({"signAlgoParams": b64(b"\x30\x00")}, BAD_PARAMETERS),
    "hashAlgorithmOID is a number": ({"hashAlgorithmOID": 2.16}, NO_HASH_ALGORITHM),
    "hashAlgorithmOID is missing where signAlgo names no hash": ({"signAlgo": EC_PUBLIC_KEY}, NO_HASH_ALGORITHM),
    "hashAlgorithmOID is missing for bare RSA": ({"signAlgo": RSA_ENCRYPTION}, NO_HASH_ALGORITHM),
    "hashAlgorithmOID is SHA-1": ({"signAlgo": EC_PUBLIC_KEY, "hashAlgorithmOID": SHA1}, BAD_HASH_ALGORITHM),
    "hashAlgorithmOID contradicts signAlgo": ({"hashAlgorithmOID": SHA384}, BAD_HASH_ALGORITHM),
    "hashAlgorithmOID is not the approved one": (
        {"signAlgo": ECDSA_SHA384, "hashAlgorithmOID": SHA384, "hashes": [b64(bytes(48))]},
        BAD_HASH_ALGORITHM,
    ),
    "a short hash": ({"hashes": [b64(bytes(31))]}, BAD_LENGTH),
    "a hash of no algorithm's length": ({"hashes": [b64(bytes(20))]}, BAD_LENGTH),
    "a time that is text": ({"operationMode": "A", "validity_period": "1000"}, BAD_VALIDITY),
    "a time that is text, at once": ({"validity_period": "x"}, BAD_VALIDITY),
    "a time that is true": ({"operationMode": "A", "validity_period": True}, BAD_VALIDITY),
    "no time at all": ({"operationMode": "A", "validity_period": 0}, OUT_OF_BOUNDS),
    "more than a day": ({"operationMode": "A", "validity_period": 86_400_001}, OUT_OF_BOUNDS),
    "an address to call that is not registered": ({"operationMode": "A", "response_uri": "https://shop.example/done"}, BAD_URI),
    "an address to call that is a number": ({"operationMode": "A", "response_uri": 5}, BAD_URI),
    "later for an unknown credential": ({"operationMode": "A", "credentialID": UNKNOWN_ID}, BAD_CREDENTIAL),
    "an unknown mode": ({"operationMode": "X"}, BAD_MODE),
    "a mode that is a number": ({"operationMode": 1}, BAD_MODE),
    "clientData is a number": ({"clientData": 5}, BAD_CLIENT_DATA),
}


class Approved(Struct, frozen=True):
    """An approval that is not used yet."""

    credential_id: str
    sad: str


@pytest.fixture(scope="module")
def approved(shop: Application, taro: Signer) -> Iterator[Approved]:
    """One approval for every refusal: it must still be there after all of them."""
    handle = shop.authorize(taro.credential_id, DIGEST)["handle"]
    taro.approve(handle)
    one = Approved(taro.credential_id, shop.sad(handle))
    yield one
    used = shop.post(SIGN, sign_body(one.credential_id, one.sad, [GOOD]))
    assert used.status_code == 200, f"a refusal has spent the approval: {used.text}"


@pytest.mark.parametrize("case", REFUSALS)
def test_refused_with_the_words_of_the_table_and_nothing_is_spent(shop: Application, approved: Approved, case: str) -> None:
    """Each bad request gets its own status, error and description, and the approval stays unused."""
    changes, expected = REFUSALS[case]
    assert error_of(shop.post(SIGN, sign_body(approved.credential_id, approved.sad, [GOOD], **changes))) == expected


def test_no_changed_sad_is_taken(shop: Application, approved: Approved) -> None:
    """Any character changed, one left out or one added: not a SAD."""
    sad = approved.sad
    places = range(0, len(sad) - 1, 7)
    changed = [sad[:place] + ("A" if sad[place] != "A" else "B") + sad[place + 1 :] for place in places]
    for wrong in (*changed, sad[:-1], sad + "A", sad[1:], " " + sad, sad.swapcase()):
        assert error_of(shop.post(SIGN, sign_body(approved.credential_id, wrong, [GOOD]))) == BAD_SAD


def test_idempotency_key_has_1_to_200_characters(shop: Application, approved: Approved) -> None:
    """A key that is empty or too long is refused, not cut."""
    for key in ("", "k" * 201):
        answer = shop.post(SIGN, sign_body(approved.credential_id, approved.sad, [GOOD]), Idempotency_Key=key)
        assert error_of(answer) == refused("Invalid header Idempotency-Key")


@pytest.mark.parametrize(
    "changes",
    [
        {"hashAlgorithmOID": SHA256},
        {"signAlgo": EC_PUBLIC_KEY, "hashAlgorithmOID": SHA256},
        {"operationMode": "S", "clientData": "x", "hashAlgorithmOID": None, "signAlgoParams": None, "somethingElse": 1},
        {"validity_period": 0, "response_uri": "https://shop.example/done"},  # §11.10: ignored in mode S
    ],
)
def test_algorithm_may_be_named_in_each_way_of_the_standard(shop: Application, taro: Signer, changes: dict[str, Any]) -> None:
    """The hash by the signature algorithm's OID or by its own; unknown fields change nothing, nor do those of the other mode."""
    handle = shop.authorize(taro.credential_id, DIGEST)["handle"]
    taro.approve(handle)
    answer = shop.post(SIGN, sign_body(taro.credential_id, shop.sad(handle), [GOOD], **changes))
    assert answer.status_code == 200, answer.text
    assert base64.b64decode(answer.json()["signatures"][0]).startswith(b"\x30")  # DER, not raw r and s


def test_sad_works_once(shop: Application, taro: Signer) -> None:
    """A second use is refused with the words for a bad SAD, and so is collecting it again."""
    handle = shop.authorize(taro.credential_id, DIGEST)["handle"]
    taro.approve(handle)
    sad = shop.sad(handle)
    assert shop.sign(taro.credential_id, sad, [GOOD]).status_code == 200
    assert error_of(shop.sign(taro.credential_id, sad, [GOOD])) == BAD_SAD
    assert error_of(shop.sign(taro.credential_id, sad, [GOOD], Idempotency_Key="later")) == BAD_SAD
    again = shop.post("credentials/authorizeCheck", {"handle": handle})
    assert error_of(again) == refused("Invalid parameter handle")
    assert again.json()["state"] == "signed"


def test_lost_reply_is_given_again_under_its_key(shop: Application, taro: Signer) -> None:
    """The same request with the same `Idempotency-Key` gets the same signature; anything else about it is a second use."""
    asked = shop.authorize(taro.credential_id, DIGEST, DIGEST[::-1])
    taro.approve(asked["handle"])
    sad = shop.sad(asked["handle"])
    first = shop.sign(taro.credential_id, sad, asked["hashes"], Idempotency_Key="order 47")
    for _ in range(3):
        again = shop.sign(taro.credential_id, sad, asked["hashes"], Idempotency_Key="order 47")
        assert (again.status_code, again.json()) == (200, first.json())
    assert error_of(shop.sign(taro.credential_id, sad, asked["hashes"])) == BAD_SAD
    assert error_of(shop.sign(taro.credential_id, sad, asked["hashes"], Idempotency_Key="order 48")) == BAD_SAD
    assert error_of(shop.sign(taro.credential_id, sad, asked["hashes"][::-1], Idempotency_Key="order 47")) == BAD_SAD


def test_signatures_come_in_the_order_of_the_request(shop: Application, taro: Signer) -> None:
    """Hashes may be given in another order than they were approved in; the first signature is for the first hash given."""
    asked = shop.authorize(taro.credential_id, DIGEST, DIGEST[::-1])
    taro.approve(asked["handle"])
    turned = asked["hashes"][::-1]
    answer = shop.sign(taro.credential_id, shop.sad(asked["handle"]), turned)
    assert [verifies(shop, taro, one, digest) for one, digest in zip(answer.json()["signatures"], turned, strict=True)] == [True, True]


def test_asking_while_it_is_being_signed_is_no_fault(shop: Application, taro: Signer) -> None:
    """Polls in the middle of 100 signatures get the SAD, 503, or that it is signed; never a 500."""
    asked = shop.authorize(taro.credential_id, *(bytes([number]) * 32 for number in range(100)))
    taro.approve(asked["handle"])
    sad = shop.sad(asked["handle"])
    with (
        httpx2.Client(base_url=shop.stack.origin, headers={"Authorization": f"Bearer {shop.token}"}) as http,
        ThreadPoolExecutor(1) as pool,
    ):
        signing = pool.submit(http.post, f"/csc/v2/{SIGN}", json=sign_body(taro.credential_id, sad, asked["hashes"]))
        statuses = set()
        while not signing.done():
            statuses.add(shop.post("credentials/authorizeCheck", {"handle": asked["handle"]}, Prefer="wait=5").status_code)
        assert signing.result().status_code == 200
    assert statuses <= {200, 400, 503}


def verifies(shop: Application, signer: Signer, signature: str, digest: str) -> bool:
    """Tell whether a signature is by the signer's certified key over this digest."""
    info = shop.post("credentials/info", {"credentialID": signer.credential_id}).json()
    return has_signed(base64.b64decode(info["cert"]["certificates"][0]), base64.b64decode(signature), base64.b64decode(digest))
