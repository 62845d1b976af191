"""Canonical bytes and challenges: the same for everyone, different for everything else."""

import hashlib
import json
from itertools import permutations
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from hsm.messages import (
    ActivateRequest,
    ApproveRequest,
    Document,
    EnrollTransaction,
    NotCanonical,
    SignTransaction,
    canonical,
    challenge,
    is_plain_text,
    parse_transaction,
)

STEADY = settings(derandomize=True, deadline=None, database=None, max_examples=150)
BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
PLAIN = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=100)
IDS = st.text(BASE64URL, min_size=22, max_size=22)
TIMES = st.integers(0, 2**53 - 1)
JSON = st.recursive(
    st.text(st.characters(codec="utf-8")) | st.integers(-(2**53) + 1, 2**53 - 1),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(max_codepoint=0x7F)), inner, max_size=4),
    max_leaves=10,
)
TRANSACTIONS = st.builds(
    SignTransaction,
    version=st.just(1),
    id=IDS,
    nonce=st.text(BASE64URL, min_size=43, max_size=43),
    signer=st.text("abc019._@+-", min_size=1, max_size=64),
    credential_id=IDS,
    created=TIMES,
    expires=TIMES,
    application_id=IDS,
    application_name=PLAIN.filter(bool),
    certificate_sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
    hash_algorithm=st.just("2.16.840.1.101.3.4.2.1"),
    documents=st.lists(st.builds(Document, PLAIN, st.binary(min_size=32, max_size=64)), min_size=1, max_size=3).map(tuple),
    description=PLAIN,
)

KNOWN = SignTransaction(
    version=1,
    id="AAAAAAAAAAAAAAAAAAAAAA",
    nonce="B" * 43,
    signer="taro@example.jp",
    credential_id="CCCCCCCCCCCCCCCCCCCCCC",
    created=1_800_000_000,
    expires=1_800_000_180,
    application_id="DDDDDDDDDDDDDDDDDDDDDD",
    application_name='青葉 "建設"',
    certificate_sha256="e" * 64,
    hash_algorithm="2.16.840.1.101.3.4.2.1",
    documents=(Document("契約書", bytes(range(32))),),
    description="C:\\契約 <b>&amp;</b> é 😀",
)
KNOWN_BYTES = (
    '{"application_id":"DDDDDDDDDDDDDDDDDDDDDD","application_name":"青葉 \\"建設\\"",'
    '"certificate_sha256":"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",'
    '"created":1800000000,"credential_id":"CCCCCCCCCCCCCCCCCCCCCC","description":"C:\\\\契約 <b>&amp;</b> é 😀",'
    '"documents":[{"hash":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=","label":"契約書"}],"expires":1800000180,'
    '"hash_algorithm":"2.16.840.1.101.3.4.2.1","id":"AAAAAAAAAAAAAAAAAAAAAA",'
    '"nonce":"BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB","signer":"taro@example.jp","type":"sign","version":1}'
).encode()


def test_the_bytes_of_a_transaction_are_the_known_ones() -> None:
    """What phones and verifiers compute must never change: these bytes are the interface."""
    assert KNOWN.encode() == KNOWN_BYTES
    assert challenge(SignTransaction, KNOWN_BYTES) == hashlib.sha256(b"natsuin/v1/sign\x00" + KNOWN_BYTES).digest()


@STEADY
@given(JSON)
def test_canonical_json_is_that_of_rfc_8785(value: Any) -> None:
    """Byte for byte as an implementation of the whole standard writes it."""
    assert canonical(value) == rfc8785.dumps(value)


def test_strings_are_escaped_as_rfc_8785_shows() -> None:
    """The example of RFC 8785 §3.2.2, its string and its literal number."""
    value = {"string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/", "number": 1}
    assert canonical(value) == '{"number":1,"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'.encode()


@STEADY
@given(TRANSACTIONS)
def test_canonical_bytes_say_everything(transaction: SignTransaction) -> None:
    """Reading gives back the transaction, so that no two have the same bytes; and it is RFC 8785."""
    raw = transaction.encode()
    assert parse_transaction(raw, SignTransaction) == transaction
    assert rfc8785.dumps(json.loads(raw)) == raw


@STEADY
@given(TRANSACTIONS, st.data())
def test_bytes_that_were_changed_are_another_transaction_or_none(transaction: SignTransaction, data: st.DataObject) -> None:
    """One other byte anywhere is never read as the same transaction, and is never a failure."""
    raw = bytearray(transaction.encode())
    position = data.draw(st.integers(0, len(raw) - 1))
    raw[position] ^= data.draw(st.integers(1, 255))
    try:
        assert parse_transaction(bytes(raw), SignTransaction) != transaction
    except NotCanonical:
        return


@STEADY
@given(st.binary(max_size=300) | st.text().map(str.encode) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    """What is no transaction is refused, and is never a failure."""
    for kind in (SignTransaction, EnrollTransaction):
        with pytest.raises(NotCanonical):
            parse_transaction(raw, kind)


def test_a_challenge_belongs_to_one_kind_of_transaction() -> None:
    """No domain is the beginning of another's, and each ends where the transaction begins."""
    domains = [SignTransaction.domain, EnrollTransaction.domain]
    assert not any(one.startswith(other) for one, other in permutations(domains, 2))
    assert all(domain.endswith(b"\x00") and domain.count(b"\x00") == 1 for domain in domains)
    challenges = {challenge(kind, KNOWN_BYTES) for kind in (SignTransaction, EnrollTransaction)}
    assert len(challenges | {hashlib.sha256(KNOWN_BYTES).digest()}) == 3


def test_a_transaction_is_not_read_as_another_kind() -> None:
    """The kind is part of the bytes."""
    with pytest.raises(NotCanonical):
        parse_transaction(KNOWN_BYTES, EnrollTransaction)


STACKS = ("\u0301a", "x\u0301\u0302\u0303\u0304", "契約" + "\u20dd" * 4 + "書")


@pytest.mark.parametrize("text", ["", "契約書 1", "a\u3000b", "é", "e\u0301", "葛\U000e0100", "בְּרֵאשִׁ֖ית", "ที่นี่นี้", "x\u0301\u0302\u0303"])
def test_text_as_people_write_it_is_plain(text: str) -> None:
    """Spaces, combining marks and ideographic variants are text."""
    assert is_plain_text(text)


@pytest.mark.parametrize(
    "text", ["\ud800", "\n", "a\u202eb", "\u200b", "\ufeff", "\ue000", "\u0378", "\u2029", *STACKS, " \u3000"], ids=ascii
)
def test_text_that_deceives_is_not_plain(text: str) -> None:
    """Controls, bidi, zero width, lone surrogates, private and unassigned characters, stacks of marks, nothing but spaces."""
    assert not is_plain_text(text)


@pytest.mark.parametrize("kind", [ActivateRequest, ApproveRequest])
def test_a_lone_surrogate_is_no_request(kind: type[msgspec.Struct]) -> None:
    """Text that is not Unicode doesn't get in."""
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(b'{"sad":"\\ud800","transaction":"\\ud800"}', type=kind)
