"""Applying and enrolling at the CA: EST on the wire, who gets a certificate for what, and single use of a code."""

import base64
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from demo.ca.code import new_code
from demo.ca.config import read_config
from demo.ca.errors import ConfigRefused
from demo.ca.records import Records
from tests.demo.ca_desk import Desk, certificate_of, make_csr


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "ca")


def test_issues_to_the_person_of_the_application_whatever_the_request_says(desk: Desk) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = certificate_of(desk.enroll(desk.apply(), make_csr(key)))
    assert certificate.subject.rfc4514_string() == "UID=alice,CN=山田 花子,C=JP"
    assert certificate.public_key() == key.public_key()
    certificate.verify_directly_issued_by(desk.root)
    assert certificate_of(desk.est.get("/.well-known/est/cacerts")) == desk.root


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_takes_rsa(desk: Desk, bits: int) -> None:
    certificate_of(desk.enroll(desk.apply(), make_csr(rsa.generate_private_key(65537, bits))))


def test_takes_p384(desk: Desk) -> None:
    certificate_of(desk.enroll(desk.apply(), make_csr(ec.generate_private_key(ec.SECP384R1()), hashes.SHA384())))


@pytest.mark.parametrize(
    "make",
    [
        lambda: b"",
        lambda: b"\x30\x03\x02\x01\x00",
        lambda: make_csr() + b"\x00",
        lambda: make_csr(rsa.generate_private_key(65537, 1024)),
        lambda: make_csr(rsa.generate_private_key(65537, 2560)),
        lambda: make_csr(ec.generate_private_key(ec.SECP521R1())),
        lambda: make_csr(ec.generate_private_key(ec.SECP256K1())),
        lambda: _ed25519_csr(),
        lambda: _spoiled(make_csr()),
    ],
    ids=["empty", "not a request", "trailing byte", "RSA 1024", "RSA 2560", "P-521", "secp256k1", "Ed25519", "bad signature"],
)
def test_bad_request_is_400_and_leaves_the_code_unused(desk: Desk, make: Callable[[], bytes]) -> None:
    code = desk.apply()
    answer = desk.enroll(code, make())
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "text/plain; charset=utf-8")
    certificate_of(desk.enroll(code, make_csr()))


def _ed25519_csr() -> bytes:
    key = ed25519.Ed25519PrivateKey.generate()
    return x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, None).public_bytes(serialization.Encoding.DER)


def _spoiled(csr: bytes) -> bytes:
    return csr.replace(b"someone else", b"someone Else")


def test_body_is_base64_with_any_white_space(desk: Desk) -> None:
    certificate_of(desk.enroll(desk.apply(), b"", content=b"\r\n\t " + base64.encodebytes(make_csr()).replace(b"\n", b"\r\n")))


@pytest.mark.parametrize("body", [b"%%%", b"-----BEGIN CERTIFICATE REQUEST-----\nMAo=\n", b"MAo"])
def test_body_that_is_not_base64_is_400(desk: Desk, body: bytes) -> None:
    assert desk.enroll(desk.apply(), b"", content=body).status_code == 400


def test_other_media_type_is_400(desk: Desk) -> None:
    assert desk.enroll(desk.apply(), make_csr(), headers={"Content-Type": "application/octet-stream"}).status_code == 400


@pytest.mark.parametrize(
    "authorization",
    [None, "Bearer x", "Basic", "Basic ###", "Basic YWxpY2U=", "Basic YWxpY2U6d3Jvbmc=", "Basic Ym9iOndyb25n"],
    ids=["none", "other scheme", "empty", "not base64", "no colon", "wrong code", "unknown person"],
)
def test_without_a_good_code_is_401(desk: Desk, authorization: str | None) -> None:
    desk.apply()
    headers = {"Content-Type": "application/pkcs10"} | ({"Authorization": authorization} if authorization else {})
    answer = desk.enroll("", make_csr(), auth=None, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")


def test_someone_elses_code_is_refused(desk: Desk) -> None:
    desk.apply("bob")
    assert desk.enroll(desk.apply("alice"), make_csr(), "bob").status_code == 401


def test_lost_reply_can_be_asked_for_again_within_a_day(desk: Desk) -> None:
    code, csr = desk.apply(), make_csr()
    first = certificate_of(desk.enroll(code, csr))
    desk.now += timedelta(days=1)
    assert certificate_of(desk.enroll(code, csr)) == first
    desk.now += timedelta(seconds=1)
    assert desk.enroll(code, csr).status_code == 401


def test_used_code_takes_no_other_request(desk: Desk) -> None:
    code = desk.apply()
    certificate_of(desk.enroll(code, make_csr()))
    assert desk.enroll(code, make_csr()).status_code == 401


def test_code_expires_after_thirty_days(desk: Desk) -> None:
    code = desk.apply()
    desk.now += timedelta(days=30)
    assert desk.enroll(code, make_csr()).status_code == 401


def test_five_wrong_codes_end_the_application(desk: Desk) -> None:
    code, spare = desk.apply(), desk.apply("bob")
    for _ in range(5):
        assert desk.enroll(new_code(), make_csr()).status_code == 401
    assert desk.enroll(code, make_csr()).status_code == 401
    certificate_of(desk.enroll(spare, make_csr(), "bob"))


def test_one_code_makes_one_certificate_whoever_races(desk: Desk) -> None:
    code = desk.apply()
    outcomes: list[int] = []
    start = threading.Barrier(16)

    def run() -> None:
        csr = make_csr()
        start.wait()
        outcomes.append(desk.enroll(code, csr).status_code)

    threads = [threading.Thread(target=run) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [200] + [401] * 15
    with Records(desk.directory / "ca.sqlite3").reading() as sql:
        assert sql.execute("SELECT count(*) FROM certificate WHERE kind = 'signer'").fetchone()[0] == 1


def test_code_is_not_on_disk(desk: Desk) -> None:
    code = desk.apply()
    assert not any(code.encode() in file.read_bytes() for file in desk.directory.iterdir())


def test_secrets_are_readable_by_the_owner_alone(desk: Desk) -> None:
    assert desk.directory.stat().st_mode & 0o777 == 0o700
    for name in ("root-key.pem", "ra-secret", "officer-secret"):
        assert (desk.directory / name).stat().st_mode & 0o777 == 0o600


def test_starts_again_as_the_same_authority(desk: Desk) -> None:
    code = desk.apply()
    again = Desk(desk.directory)
    assert again.root == desk.root
    assert again.officer == desk.officer
    certificate_of(again.enroll(code, make_csr()))


@pytest.mark.parametrize(
    "authorization", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer"}, {"Authorization": "Basic eDp5"}]
)
def test_only_the_registration_authority_applies(desk: Desk, authorization: dict[str, str]) -> None:
    answer = desk.http.post("/applications", json={"user_id": "alice", "name": "Alice"}, headers=authorization)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"user_id":"alice"}',
        b'{"user_id":"alice","name":""}',
        b'{"user_id":"alice","name":" "}',
        b'{"user_id":"alice","name":"a\\u202eb"}',
        b'{"user_id":"alice","name":7}',
        b'{"user_id":"a:b","name":"A"}',
        b'{"user_id":"\xe5","name":"A"}',
        '{"user_id":"花子","name":"A"}'.encode(),
        b'{"user_id":"' + b"a" * 65 + b'","name":"A"}',
        b'{"user_id":"a","name":"A","extra":1}',
    ],
)
def test_bad_application_is_400(desk: Desk, body: bytes) -> None:
    assert desk.http.post("/applications", content=body, headers=desk.officer).status_code == 400


def test_too_large_a_body_is_413(desk: Desk) -> None:
    assert desk.http.post("/applications", content=b" " * 70_000, headers=desk.officer).status_code == 413


def test_config_lists_every_problem() -> None:
    with pytest.raises(ConfigRefused, match=r"NATSUIN_PORT.*DEMO_CA_URL"):
        read_config({"NATSUIN_PORT": "-1", "DEMO_CA_URL": "localhost"})
    config = read_config({"NATSUIN_PORT": "9000", "NATSUIN_DATA": "data"})
    assert (config.port, config.est_port, config.url, config.directory) == (9002, 9003, "http://localhost:9002", Path("data/ca"))
