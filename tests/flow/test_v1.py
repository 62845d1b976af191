"""CSC 1.0.4 under /csc/v1: its names and words over the same core, and an `authorize` that waits for the signer."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from tests.flow.parties import Person, new_application
from tests.flow.polls import wait_until
from tests.flow.records import Records
from tests.flow.wire import ABSENT, DIGEST, SHA1, SHA384, UNKNOWN_ID, b64, error_of, refused, with_changes
from tests.harness.signer import Signer
from tests.harness.stack import ECDSA_SHA256, RSA_SHA256, SHA256, Application, Stack

GOOD = b64(DIGEST)
NO_CREDENTIAL = refused("Missing (or invalid type) string parameter credentialID")
BAD_CREDENTIAL = refused("Invalid parameter credentialID")
NO_HASHES = refused("Missing (or invalid type) array parameter hash")
BAD_BASE64 = refused("Invalid Base64 hash string parameter")
BAD_LENGTH = refused("Invalid digest value length")
BAD_ALGORITHM = refused("Invalid parameter hashAlgo")
RSASSA_PSS = "1.2.840.113549.1.1.10"


def post(shop: Application, method: str, body: dict[str, Any], http: httpx2.Client | None = None, **headers: str) -> httpx2.Response:
    sent = {"Authorization": f"Bearer {shop.token}"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return (http or shop.stack.http).post(f"/csc/v1/{method}", json=body, headers=sent)


def ask(signer: Signer, *hashes: str, **changes: Any) -> dict[str, Any]:
    given = list(hashes) or [GOOD]
    return with_changes({"credentialID": signer.credential_id, "numSignatures": len(given), "hash": given}, changes)


class Asking:
    """One `authorize` that waits, on a connection of its own."""

    def __init__(self, shop: Application, body: dict[str, Any]) -> None:
        self.http = httpx2.Client(base_url=shop.stack.origin, timeout=70)
        self._pool = ThreadPoolExecutor(1)
        self.answer = self._pool.submit(post, shop, "credentials/authorize", body, self.http)

    def close(self) -> None:
        self._pool.shutdown()
        self.http.close()


def decided(shop: Application, signer: Signer, body: dict[str, Any], decide: Callable[[str], object]) -> httpx2.Response:
    """Ask, let the signer decide what has come to the inbox, and give the answer."""
    asking = Asking(shop, body)
    try:
        wait_until(lambda: bool(signer.inbox()))
        decide(signer.inbox()[0].id)
        return asking.answer.result(30)
    finally:
        asking.close()


@pytest.fixture
def signer(stack: Stack) -> Signer:
    """A signer whom nobody else asks."""
    return Person(stack)


def test_info_says_what_there_is(stack: Stack) -> None:
    """Every method that is announced is there; nothing of v2 is."""
    told = stack.http.post("/csc/v1/info", json={"lang": "ja"}).json()
    assert (told["specs"], told["authType"], told["oauth2"], told["lang"]) == ("1.0.3.0", ["oauth2client"], stack.origin, "ja")
    assert {stack.http.post(f"/csc/v1/{method}", json={}).status_code for method in told["methods"]} == {400}
    assert "credentials/authorizeCheck" not in told["methods"]


def test_a_credential_is_described_with_the_names_of_v1(shop: Application, taro: Signer) -> None:
    """`authMode`, no `auth`; key and certificate as in v2."""
    body = {"credentialID": taro.credential_id, "certificates": "chain", "certInfo": True}
    first, second = post(shop, "credentials/info", body).json(), shop.post("credentials/info", body).json()
    assert first.pop("authMode") == "implicit"
    del second["auth"]
    assert first == second


def test_a_list_comes_in_pages(stack: Stack, shop: Application, records: Records) -> None:
    """`maxResults` and `pageToken` walk over every credential once."""
    signer = Person(stack)
    for number in range(2):
        copied = "INSERT INTO credentials SELECT ?, user_id, enrollment_id, key_algorithm, factors, certificates, certificate_sha256,"
        copied += " not_before, not_after, state, frozen_until, frozen_by, freeze_owed, renewed_by, reminded, not_me_at, created + ?"
        records.change(copied + " FROM credentials WHERE credential_id = ?", f"copy-{number}".ljust(22, "x"), number, signer.credential_id)
    whole = post(shop, "credentials/list", {"userID": signer.user_id}).json()
    assert (len(whole["credentialIDs"]), whole.keys()) == (3, {"credentialIDs"})
    seen, page = [], post(shop, "credentials/list", {"userID": signer.user_id, "maxResults": 2}).json()
    seen += page["credentialIDs"]
    page = post(shop, "credentials/list", {"userID": signer.user_id, "maxResults": 2, "pageToken": page["nextPageToken"]}).json()
    assert "nextPageToken" not in page
    assert seen + page["credentialIDs"] == whole["credentialIDs"]


REFUSALS: dict[str, tuple[str, dict[str, Any], tuple[int, str, str]]] = {
    "list without userID": ("credentials/list", {}, refused("Invalid parameter userID")),
    "list with an unknown page": ("credentials/list", {"userID": "x", "pageToken": "y"}, refused("Invalid parameter pageToken")),
    "list with a page that is a number": ("credentials/list", {"userID": "x", "pageToken": 5}, refused("Invalid parameter pageToken")),
    "list with 0 results": ("credentials/list", {"userID": "x", "maxResults": 0}, refused("Invalid parameter maxResults")),
    "info without credentialID": ("credentials/info", {}, NO_CREDENTIAL),
    "info of nothing": ("credentials/info", {"credentialID": UNKNOWN_ID}, BAD_CREDENTIAL),
    "info with bad certificates": (
        "credentials/info",
        {"credentialID": UNKNOWN_ID, "certificates": "all"},
        refused("Invalid parameter certificates"),
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_looking_refused_with_the_words_of_the_table(shop: Application, case: str) -> None:
    method, body, expected = REFUSALS[case]
    assert error_of(post(shop, method, body)) == expected


NOT_ASKED: dict[str, tuple[dict[str, Any], tuple[int, str, str]]] = {
    "no credentialID": ({"credentialID": ABSENT}, NO_CREDENTIAL),
    "unknown credentialID": ({"credentialID": UNKNOWN_ID}, BAD_CREDENTIAL),
    "no numSignatures": ({"numSignatures": ABSENT}, refused("Missing (or invalid type) integer parameter numSignatures")),
    "numSignatures is 0": ({"numSignatures": 0}, refused("Invalid value for parameter numSignatures")),
    "numSignatures is over multisign": ({"numSignatures": 101, "hash": [GOOD] * 101}, refused("Numbers of signatures is too high")),
    "more signatures than hashes": ({"numSignatures": 2}, refused("Invalid value for parameter numSignatures")),
    "no hash": ({"hash": ABSENT}, NO_HASHES),
    "hash under its name in v2": ({"hash": ABSENT, "hashes": [GOOD]}, NO_HASHES),
    "hash is text": ({"hash": GOOD}, NO_HASHES),
    "0 hashes": ({"hash": []}, refused("Empty hash array")),
    "bad base64": ({"hash": ["*"]}, BAD_BASE64),
    "SHA-1": ({"hash": [b64(bytes(20))]}, BAD_LENGTH),
    "two lengths": ({"numSignatures": 2, "hash": [GOOD, b64(bytes(48))]}, BAD_LENGTH),
    "a PIN": ({"PIN": "1234"}, refused("The PIN is invalid", "invalid_pin")),
    "an OTP": ({"OTP": "123456"}, refused("The OTP is invalid", "invalid_otp")),
    "a long description": ({"description": "a" * 501}, refused("Invalid parameter description")),
    "clientData is a number": ({"clientData": 5}, refused("Invalid parameter clientData")),
    "an hour": ({"requestedExpiry": 3_600}, refused("Invalid parameter requestedExpiry")),
}


@pytest.mark.parametrize("case", NOT_ASKED)
def test_authorize_refused_with_the_words_of_the_table_and_nobody_is_asked(
    shop: Application, taro: Signer, records: Records, case: str
) -> None:
    changes, expected = NOT_ASKED[case]
    before = records.authorizations()
    assert error_of(post(shop, "credentials/authorize", ask(taro, **changes))) == expected
    assert records.authorizations() == before


def test_disabled_credential_is_not_asked_for(stack: Stack, shop: Application, records: Records, signer: Signer) -> None:
    records.change("UPDATE credentials SET state = 'destroyed' WHERE credential_id = ?", signer.credential_id)
    expected = refused("The credential identified by credentialID is disabled")
    assert error_of(post(shop, "credentials/authorize", ask(signer))) == expected


@pytest.mark.parametrize("policy", [{"asks_code": True}, {"moving_code": True}])
def test_what_needs_a_screen_needs_v2(stack: Stack, taro: Signer, policy: dict[str, Any]) -> None:
    """There is nowhere to tell a code, so no signer is asked for one."""
    careful = new_application(stack, **policy)
    status, error, _ = error_of(post(careful, "credentials/authorize", ask(taro)))
    assert (status, error) == (400, "unauthorized_client")


def test_authorize_waits_for_the_signer_and_signs_once(shop: Application, signer: Signer) -> None:
    """The SAD comes with the approval; it signs these hashes in the names of v1, once."""
    other = b64(DIGEST[::-1])
    answer = decided(shop, signer, ask(signer, GOOD, other, description="Contract", documentLabels=["a", "b"]), signer.approve)
    assert answer.status_code == 200, answer.text
    sad = answer.json()["SAD"]
    assert 0 < answer.json()["expiresIn"] <= 120
    extended = post(shop, "credentials/extendTransaction", {"credentialID": signer.credential_id, "SAD": sad, "hash": [other]})
    assert extended.status_code == 200, extended.text
    body = {"credentialID": signer.credential_id, "SAD": sad, "hash": [GOOD, other], "hashAlgo": SHA256, "signAlgo": ECDSA_SHA256}
    assert error_of(post(shop, "signatures/signHash", body | {"hash": [GOOD]})) == refused("Hash is not authorized by the SAD.")
    signed = post(shop, "signatures/signHash", body | {"validity_period": 1, "response_uri": "https://shop.example.jp/"})  # of v2 only
    assert (signed.status_code, len(signed.json()["signatures"])) == (200, 2)
    assert error_of(post(shop, "signatures/signHash", body)) == refused("Invalid parameter SAD")


def test_authorize_tells_of_a_refusal(shop: Application, signer: Signer) -> None:
    answer = decided(shop, signer, ask(signer), lambda handle: signer.refuse(handle, "not_me"))
    assert error_of(answer) == refused("The signer refused", "access_denied")
    assert (answer.json()["state"], answer.json()["reason"]) == ("refused", "not_me")


def test_whoever_hangs_up_has_withdrawn_the_request(shop: Application, signer: Signer, records: Records) -> None:
    """Nobody could collect what the signer would approve; so it is cancelled, at the SAM too, and gone from the inbox."""
    impatient = httpx2.Client(base_url=shop.stack.origin, timeout=5)
    with impatient, pytest.raises(httpx2.ReadTimeout):
        post(shop, "credentials/authorize", ask(signer), impatient)
    cancelled = "SELECT count(*) FROM authorizations WHERE credential_id = ? AND state = 'cancelled'"
    wait_until(lambda: records.one(cancelled, signer.credential_id) == 1)
    handle = records.one("SELECT id FROM authorizations WHERE credential_id = ?", signer.credential_id)
    assert signer.inbox() == []
    assert records.one_of_sam("SELECT reason FROM approvals WHERE authorization_id = ?", handle) == "cancelled"


SIGNING: dict[str, tuple[dict[str, Any], tuple[int, str, str]]] = {
    "no SAD": ({"SAD": ABSENT}, refused("Missing (or invalid type) string parameter SAD")),
    "SAD is nonsense": ({}, refused("Invalid parameter SAD")),
    "no credentialID": ({"credentialID": ABSENT}, NO_CREDENTIAL),
    "credentialID is no id": ({"credentialID": "x"}, BAD_CREDENTIAL),
    "no hash": ({"hash": ABSENT}, NO_HASHES),
    "hash under its name in v2": ({"hash": ABSENT, "hashes": [GOOD]}, NO_HASHES),
    "0 hashes": ({"hash": []}, refused("Empty hash array")),
    "bad base64": ({"hash": ["*"]}, BAD_BASE64),
    "no signAlgo": ({"signAlgo": ABSENT}, refused("Missing (or invalid type) string parameter signAlgo")),
    "unknown signAlgo": ({"signAlgo": "1.2.3"}, refused("Invalid parameter signAlgo")),
    "hashAlgo missing": ({"signAlgo": "1.2.840.10045.2.1"}, refused("Missing (or invalid type) string parameter hashAlgo")),
    "hashAlgo is a number": ({"hashAlgo": 5}, refused("Missing (or invalid type) string parameter hashAlgo")),
    "hashAlgo is SHA-1": ({"signAlgo": "1.2.840.10045.2.1", "hashAlgo": SHA1}, BAD_ALGORITHM),
    "hashAlgo contradicts signAlgo": ({"hashAlgo": SHA384}, BAD_ALGORITHM),
    "a short hash": ({"hash": [b64(bytes(31))]}, BAD_LENGTH),
    "signAlgoParams is a number": (
        {"signAlgo": RSASSA_PSS, "hashAlgo": SHA256, "signAlgoParams": 5},
        refused("Missing (or invalid type) string parameter signAlgoParams"),
    ),
    "signAlgoParams is bad base64": ({"signAlgoParams": "*"}, refused("Invalid parameter signAlgoParams")),
    "clientData is a number": ({"clientData": 5}, refused("Invalid parameter clientData")),
    "signAlgo for another key": ({"signAlgo": RSA_SHA256}, refused("Invalid parameter SAD")),
}


@pytest.mark.parametrize("case", SIGNING)
def test_sign_hash_refused_with_the_words_of_the_table(shop: Application, taro: Signer, case: str) -> None:
    changes, expected = SIGNING[case]
    body = {"credentialID": taro.credential_id, "SAD": "nonsense", "hash": [GOOD], "signAlgo": ECDSA_SHA256}
    assert error_of(post(shop, "signatures/signHash", with_changes(body, changes))) == expected


def test_hash_algorithm_that_was_not_approved_has_its_name_of_v1(shop: Application, taro: Signer) -> None:
    handle = shop.authorize(taro.credential_id, DIGEST)["handle"]
    taro.approve(handle)
    body = {"credentialID": taro.credential_id, "SAD": shop.sad(handle), "hash": [new_hash_384()], "signAlgo": "1.2.840.10045.4.3.3"}
    assert error_of(post(shop, "signatures/signHash", body | {"hashAlgo": SHA384})) == BAD_ALGORITHM
    body = {"credentialID": taro.credential_id, "SAD": body["SAD"], "hash": [new_hash_384()]}
    assert error_of(post(shop, "credentials/extendTransaction", body)) == BAD_ALGORITHM


def new_hash_384() -> str:
    return b64(bytes(48))
