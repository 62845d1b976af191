"""`info`, `credentials/list` and `credentials/info`: what they say, and their error tables (CSC 2.0 §11.1, §11.5, §11.6)."""

import base64
from itertools import pairwise
from typing import Any

import httpx2
import pytest
from cryptography import x509

from hsm.csr import POLICIES
from hsm.messages import Factors
from tests.flow.parties import Person, new_application
from tests.flow.records import Records
from tests.flow.wire import UNKNOWN_ID, error_of, refused
from tests.harness.signer import Signer
from tests.harness.stack import ECDSA_SHA256, Application, Stack

LIST = "credentials/list"
INFO = "credentials/info"
NO_USER = refused("Invalid parameter userID")
NO_CREDENTIAL = refused("Missing (or invalid type) string parameter credentialID")
BAD_CREDENTIAL = refused("Invalid parameter credentialID")
BAD_CERTIFICATES = refused("Invalid parameter certificates")


@pytest.mark.parametrize(
    ("method", "body", "expected"),
    [
        ("info", {"lang": 5}, refused("Invalid parameter lang")),
        (LIST, {}, NO_USER),
        (LIST, {"userID": None}, NO_USER),
        (LIST, {"userID": ""}, NO_USER),
        (LIST, {"userID": 5}, NO_USER),
        (LIST, {"userID": "u" * 65}, NO_USER),
        (LIST, {"userID": "u", "certificates": "all"}, BAD_CERTIFICATES),
        (LIST, {"userID": "u", "certificates": 1}, BAD_CERTIFICATES),
        (LIST, {"userID": "u", "certificates": None}, BAD_CERTIFICATES),
        (LIST, {"userID": "u", "credentialInfo": "true"}, refused("Invalid parameter credentialInfo")),
        (LIST, {"userID": "u", "onlyValid": 1}, refused("Invalid parameter onlyValid")),
        (LIST, {"userID": "u", "certInfo": []}, refused("Invalid parameter certInfo")),
        (LIST, {"userID": "u", "authInfo": {}}, refused("Invalid parameter authInfo")),
        (INFO, {}, NO_CREDENTIAL),
        (INFO, {"credentialID": None}, NO_CREDENTIAL),
        (INFO, {"credentialID": ""}, NO_CREDENTIAL),
        (INFO, {"credentialID": ["x"]}, NO_CREDENTIAL),
        (INFO, {"credentialID": UNKNOWN_ID}, BAD_CREDENTIAL),
        (INFO, {"credentialID": "../../etc/passwd"}, BAD_CREDENTIAL),
        (INFO, {"credentialID": "\x00"}, BAD_CREDENTIAL),
        (INFO, {"credentialID": UNKNOWN_ID, "certificates": "all"}, BAD_CERTIFICATES),
        (INFO, {"credentialID": UNKNOWN_ID, "certInfo": "yes"}, refused("Invalid parameter certInfo")),
        (INFO, {"credentialID": UNKNOWN_ID, "lang": 5}, refused("Invalid parameter lang")),
    ],
)
def test_refused_with_the_words_of_the_table(shop: Application, method: str, body: dict[str, Any], expected: tuple[int, str, str]) -> None:
    """Each bad request gets its own status, error and description."""
    assert error_of(shop.post(method, body)) == expected


def test_info_needs_no_token_and_says_what_there_is(stack: Stack) -> None:
    """The required fields of CSC 2.0 §11.1; every method that is announced is there, and no more."""
    answer = stack.http.post("/csc/v2/info", json={})
    assert answer.status_code == 200
    info = answer.json()
    required = {"specs", "name", "logo", "region", "lang", "description", "authType", "methods"}
    assert required | {"signAlgorithms", "signature_formats", "conformance_levels"} <= info.keys()
    assert info["specs"] == "2.0.0.0"
    assert (info["authType"], info["oauth2"]) == (["oauth2client", "oauth2code"], stack.origin)
    assert len(info["name"]) <= 255
    assert "auth/login" not in info["methods"]
    assert {stack.http.post(f"/csc/v2/{method}", json={}).status_code for method in info["methods"]} == {400}  # all ask for a token


def test_logo_is_there_for_everyone(stack: Stack) -> None:
    """`logo` is a PNG or JPEG that needs no token."""
    answer = httpx2.get(stack.http.post("/csc/v2/info", json={}).json()["logo"])
    assert answer.status_code == 200
    assert answer.headers["content-type"] in ("image/png", "image/jpeg")


def test_list_names_the_credentials_of_one_signer(shop: Application, taro: Signer) -> None:
    """Only this signer's; a stranger has none."""
    assert shop.post(LIST, {"userID": taro.user_id}).json() == {"credentialIDs": [taro.credential_id]}
    assert shop.post(LIST, {"userID": "nobody"}).json() == {"credentialIDs": []}


def test_list_describes_as_info_does(shop: Application, taro: Signer) -> None:
    """`credentialInfos` are the answers of `credentials/info` with the id; without being asked there are none."""
    options = {"certificates": "chain", "certInfo": True, "authInfo": True}
    listed = shop.post(LIST, {"userID": taro.user_id, "credentialInfo": True} | options).json()
    described = shop.post(INFO, {"credentialID": taro.credential_id} | options).json()
    assert listed["credentialInfos"] == [described | {"credentialID": taro.credential_id}]
    assert "onlyValid" not in listed


def test_list_leaves_out_what_is_not_valid_if_asked(shop: Application, stack: Stack, records: Records) -> None:
    """`onlyValid` filters, and says that it did; without it an expired credential is listed, and called so."""
    signer = Person(stack)
    records.change("UPDATE credentials SET not_after = 1 WHERE credential_id = ?", signer.credential_id)
    assert shop.post(LIST, {"userID": signer.user_id, "onlyValid": True}).json() == {"credentialIDs": [], "onlyValid": True}
    listed = shop.post(LIST, {"userID": signer.user_id, "credentialInfo": True}).json()
    assert listed["credentialInfos"][0]["cert"]["status"] == "expired"


def test_info_says_what_the_key_can_do(shop: Application, taro: Signer) -> None:
    """Hash-specific and bare OIDs, curve, explicit mode with one out-of-band object, SCAL 2, and how many at once."""
    described = shop.post(INFO, {"credentialID": taro.credential_id}).json()
    key = described["key"]
    assert (key["status"], key["len"], key["curve"]) == ("enabled", 256, "1.2.840.10045.3.1.7")
    assert {ECDSA_SHA256, "1.2.840.10045.2.1"} <= set(key["algo"])
    auth = described["auth"]
    assert (auth["mode"], [one["type"] for one in auth["objects"]]) == ("explicit", ["PasswordOOB"])
    assert auth["expression"] == auth["objects"][0]["id"]
    assert (described["SCAL"], described["multisign"]) == ("2", 100)


def test_info_gives_the_certificates_that_are_asked_for(shop: Application, taro: Signer) -> None:
    """None, the leaf (the default), or the chain, leaf first, each issued by the next."""

    def given(**options: str) -> list[x509.Certificate]:
        described = shop.post(INFO, {"credentialID": taro.credential_id} | options).json()
        return [x509.load_der_x509_certificate(base64.b64decode(one)) for one in described["cert"].get("certificates", [])]

    assert given(certificates="none") == []
    chain = given(certificates="chain")
    assert len(chain) > 1
    assert given() == given(certificates="single") == chain[:1]
    for certificate, issuer in pairwise(chain):
        certificate.verify_directly_issued_by(issuer)


def test_certificate_says_what_may_approve(shop: Application, taro: Signer, otp_stack: Stack) -> None:
    """By its policy: a passkey alone, or PIN and one-time password too."""
    weaker = new_application(otp_stack), Person(otp_stack)
    cases: tuple[tuple[Application, Signer, Factors], ...] = ((shop, taro, "passkey"), (*weaker, "passkey_or_otp"))
    for application, signer, factors in cases:
        described = application.post(INFO, {"credentialID": signer.credential_id, "certInfo": True}).json()
        assert described["cert"]["policy"] == [POLICIES[factors].dotted_string]


def test_info_reads_the_certificate_out_if_asked(shop: Application, taro: Signer) -> None:
    """Names as RFC 4514, serial number in hexadecimal, times as `YYYYMMDDHHMMSSZ`; without being asked nothing of it."""
    plain = shop.post(INFO, {"credentialID": taro.credential_id}).json()["cert"]
    told = shop.post(INFO, {"credentialID": taro.credential_id, "certInfo": True}).json()["cert"]
    leaf = x509.load_der_x509_certificate(base64.b64decode(told["certificates"][0]))
    assert plain.keys() == {"status", "certificates"}
    assert told["subjectDN"] == leaf.subject.rfc4514_string()
    assert "山田 太郎" in told["subjectDN"]
    assert told["issuerDN"] == leaf.issuer.rfc4514_string()
    assert int(told["serialNumber"], 16) == leaf.serial_number
    assert told["validFrom"] == f"{leaf.not_valid_before_utc:%Y%m%d%H%M%SZ}"
    assert told["validTo"] == f"{leaf.not_valid_after_utc:%Y%m%d%H%M%SZ}"


def test_texts_are_in_the_language_that_is_asked_for(stack: Stack, shop: Application, taro: Signer) -> None:
    """`lang` chooses between Japanese and English (RFC 5646); another language gets English, and each answer says which it is."""
    for lang, spoken, words in (
        ("ja-JP", "ja", "スマートフォン"),
        ("JA", "ja", "スマートフォン"),
        ("fr", "en", "phone"),
        (None, "en", "phone"),
    ):
        asked = {"lang": lang} if lang else {}
        told = stack.http.post("/csc/v2/info", json=asked).json()
        described = shop.post(INFO, {"credentialID": taro.credential_id} | asked).json()
        assert (told["lang"], described["lang"]) == (spoken, spoken)
        assert words in told["description"]
        assert words in described["auth"]["objects"][0]["label"]


def test_type_of_the_object_says_whether_a_challenge_comes_first(shop: Application, careful_shop: Application, taro: Signer) -> None:
    """An application whose signers type its code is told of `ChallengeResponseOOB`, any other of `PasswordOOB`; in the list too."""
    for asks, kind in ((shop, "PasswordOOB"), (careful_shop, "ChallengeResponseOOB")):
        described = asks.post(INFO, {"credentialID": taro.credential_id}).json()["auth"]
        assert [(one["type"], one["id"]) for one in described["objects"]] == [(kind, "mobile")]
        listed = asks.post(LIST, {"userID": taro.user_id, "credentialInfo": True}).json()
        assert listed["credentialInfos"][0]["auth"] == described


def test_key_with_two_factors_names_two_ways_of_which_one_is_used(otp_stack: Stack) -> None:
    """`expression` is an exclusive choice between objects that take no value."""
    signer, shop = Person(otp_stack), new_application(otp_stack)
    auth = shop.post(INFO, {"credentialID": signer.credential_id}).json()["auth"]
    assert auth["expression"] == "mobile XOR otp"
    assert [(one["type"], one["id"]) for one in auth["objects"]] == [("PasswordOOB", "mobile"), ("PasswordOOB", "otp")]
