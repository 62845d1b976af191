"""What the time-stamping authority answers is taken only where it is a token for what was asked."""

import datetime
from pathlib import Path

import pytest
from asn1crypto import core, tsp

from app.errors import TimestampUnavailable
from app.timestamps import read_token
from demo.ca.authority import open_authority
from demo.ca.records import Records
from demo.ca.timestamps import TimestampAuthority, open_timestamp_authority

SHA256, SHA384 = "2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.2"
NOW = datetime.datetime(2026, 11, 26, 9, 0, tzinfo=datetime.UTC)
DIGEST = bytes(range(32))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> TimestampAuthority:
    folder = tmp_path_factory.mktemp("tsa")
    return open_timestamp_authority(folder, open_authority(folder, NOW), Records(folder / "ca.sqlite3"), "http://localhost:1", NOW)


def asked(**changes: object) -> bytes:
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": DIGEST}
    request = tsp.TimeStampReq({"version": 1, "message_imprint": imprint, "nonce": 7, "cert_req": True} | changes)
    return bytes(request.dump())


def test_the_token_for_this_very_request_is_taken(authority: TimestampAuthority) -> None:
    token = read_token(authority.answer(asked(), NOW), DIGEST, SHA256, 7)
    assert tsp.ContentInfo.load(token)["content_type"].native == "signed_data"


@pytest.mark.parametrize(
    ("digest", "algorithm", "nonce"), [(DIGEST, SHA256, 8), (DIGEST, SHA384, 7), (DIGEST[::-1], SHA256, 7)], ids=["nonce", "hash", "digest"]
)
def test_a_token_for_something_else_is_not(authority: TimestampAuthority, digest: bytes, algorithm: str, nonce: int) -> None:
    with pytest.raises(TimestampUnavailable):
        read_token(authority.answer(asked(), NOW), digest, algorithm, nonce)


@pytest.mark.parametrize(
    ("request_der", "why"),
    [
        (b"nonsense", "bad_data_format"),
        (asked(message_imprint={"hash_algorithm": {"algorithm": "sha1"}, "hashed_message": bytes(20)}), "bad_alg"),
        (asked(message_imprint={"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(20)}), "bad_data_format"),
        (asked(req_policy="1.2.3"), "unaccepted_policy"),
    ],
)
def test_a_refusal_is_no_token(authority: TimestampAuthority, request_der: bytes, why: str) -> None:
    """The authority says why in the words of RFC 3161 §2.4.2; here it is no for now."""
    reply = authority.answer(request_der, NOW)
    assert tsp.PKIStatusInfo.load(core.Sequence.load(reply)[0].dump())["fail_info"].native == {why}
    with pytest.raises((TimestampUnavailable, ValueError)):
        read_token(reply, DIGEST, SHA256, 7)


@pytest.mark.parametrize("reply", [b"", b"<html>", bytes.fromhex("30053003020100"), bytes.fromhex("3003020100")])
def test_what_is_no_reply_is_an_error_that_is_caught(reply: bytes) -> None:
    with pytest.raises((TimestampUnavailable, ValueError, TypeError, KeyError)):
        read_token(reply, DIGEST, SHA256, 7)


def test_the_authority_is_the_same_after_a_restart(tmp_path: Path) -> None:
    root, records = open_authority(tmp_path, NOW), Records(tmp_path / "ca.sqlite3")
    made = [open_timestamp_authority(tmp_path, root, records, "http://localhost:1", NOW).certificate for _ in range(2)]
    assert made[0] == made[1]
