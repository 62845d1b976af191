"""OCRA: the answers of RFC 6287, and answers that are for one transaction only."""

import hashlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hsm.errors import CodeRefused, Malformed
from hsm.messages.ocra import SCANNED, TYPED, challenge_digits, challenge_hex
from hsm.ocra import answer, check_answer, parse_suite
from hsm.otp import Kind, OtpToken

SEED_20 = b"12345678901234567890"
SEED_32 = (SEED_20 * 2)[:32]
SEED_64 = (SEED_20 * 4)[:64]
PIN = hashlib.sha1(b"1234").digest()
TIME = 0x132D0B6 * 60  # RFC 6287, appendix C: 25 March 2008, 12:06:30, in steps of a minute
TRANSACTION = hashlib.sha256(b"a transaction").digest()


def repeated(*answers: str, **inputs: Any) -> list[tuple[str, dict[str, Any], str]]:
    """Questions 00000000, 11111111, … with their answers."""
    return [(str(number) * 8, inputs, text) for number, text in enumerate(answers)]


def counted(question: str | None, *answers: str, **inputs: Any) -> list[tuple[str, dict[str, Any], str]]:
    """Counters 0, 1, … with their answers; without a question each asks for its own digit."""
    return [(question or str(number) * 8, inputs | {"counter": number}, text) for number, text in enumerate(answers)]


def asked(**answers: str) -> list[tuple[str, dict[str, Any], str]]:
    return [(question, {}, text) for question, text in answers.items()]


def timed(**answers: str) -> list[tuple[str, dict[str, Any], str]]:
    return [(question, {"now": TIME}, text) for question, text in answers.items()]


VECTORS: list[tuple[str, bytes, list[tuple[str, dict[str, Any], str]]]] = [
    # Appendix C.1, one-way challenge-response
    (
        "OCRA-1:HOTP-SHA1-6:QN08",
        SEED_20,
        repeated("237653", "243178", "653583", "740991", "608993", "388898", "816933", "224598", "750600", "294470"),
    ),
    (
        "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1",
        SEED_32,
        counted(
            "12345678",
            *("65347737", "86775851", "78192410", "71565254", "10104329", "65983500", "70069104", "91771096", "75011558", "08522129"),
            pin_digest=PIN,
        ),
    ),
    ("OCRA-1:HOTP-SHA256-8:QN08-PSHA1", SEED_32, repeated("83238735", "01501458", "17957585", "86776967", "86807031", pin_digest=PIN)),
    (
        "OCRA-1:HOTP-SHA512-8:C-QN08",
        SEED_64,
        counted(
            None, "07016083", "63947962", "70123924", "25341727", "33203315", "34205738", "44343969", "51946085", "20403879", "31409299"
        ),
    ),
    ("OCRA-1:HOTP-SHA512-8:QN08-T1M", SEED_64, repeated("95209754", "55907591", "22048402", "24218844", "36209546", now=TIME)),
    # Appendix C.2, mutual challenge-response: the server's answers and the client's
    (
        "OCRA-1:HOTP-SHA256-8:QA08",
        SEED_32,
        asked(
            CLI22220SRV11110="28247970",
            CLI22221SRV11111="01984843",
            CLI22222SRV11112="65387857",
            CLI22223SRV11113="03351211",
            CLI22224SRV11114="83412541",
            SRV11110CLI22220="15510767",
            SRV11111CLI22221="90175646",
            SRV11112CLI22222="33777207",
            SRV11113CLI22223="95285278",
            SRV11114CLI22224="28934924",
        ),
    ),
    (
        "OCRA-1:HOTP-SHA512-8:QA08",
        SEED_64,
        asked(
            CLI22220SRV11110="79496648",
            CLI22221SRV11111="76831980",
            CLI22222SRV11112="12250499",
            CLI22223SRV11113="90856481",
            CLI22224SRV11114="12761449",
        ),
    ),
    (
        "OCRA-1:HOTP-SHA512-8:QA08-PSHA1",
        SEED_64,
        [
            (question, {"pin_digest": PIN}, text)
            for question, _, text in asked(
                SRV11110CLI22220="18806276",
                SRV11111CLI22221="70020315",
                SRV11112CLI22222="01600026",
                SRV11113CLI22223="18951020",
                SRV11114CLI22224="32528969",
            )
        ],
    ),
    # Appendix C.3, plain signatures
    (
        "OCRA-1:HOTP-SHA256-8:QA08",
        SEED_32,
        asked(SIG10000="53095496", SIG11000="04110475", SIG12000="31331128", SIG13000="76028668", SIG14000="46554205"),
    ),
    (
        "OCRA-1:HOTP-SHA512-8:QA10-T1M",
        SEED_64,
        timed(SIG1000000="77537423", SIG1100000="31970405", SIG1200000="10235557", SIG1300000="95213541", SIG1400000="65360607"),
    ),
]
CASES = [(suite, seed, *case) for suite, seed, cases in VECTORS for case in cases]


@pytest.mark.parametrize(("suite", "seed", "question", "inputs", "expected"), CASES)
def test_answers_are_those_of_rfc_6287(suite: str, seed: bytes, question: str, inputs: dict[str, Any], expected: str) -> None:
    assert answer(parse_suite(suite), seed, question, **inputs) == expected


def test_every_vector_of_rfc_6287_is_there() -> None:
    assert len(set(map(str, CASES))) == 70


NO_SUITES = ["", "OCRA-1", "OCRA-1::QN08", "OCRA-2:HOTP-SHA256-8:QN08", "ocra-1:hotp-sha256-8:qn08", "OCRA-1:HOTP-MD5-8:QN08"]
NO_SUITES += ["OCRA-1:HOTP-SHA256-8", "OCRA-1:HOTP-SHA256-3:QN08", "OCRA-1:HOTP-SHA256-0:QN08", "OCRA-1:HOTP-SHA256-11:QN08"]
NO_SUITES += ["OCRA-1:HOTP-SHA256-8:QX08", "OCRA-1:HOTP-SHA256-8:QN8", "OCRA-1:HOTP-SHA256-8:QN03", "OCRA-1:HOTP-SHA256-8:QN65"]
NO_SUITES += ["OCRA-1:HOTP-SHA256-8:C", "OCRA-1:HOTP-SHA256-8:QN08-C", "OCRA-1:HOTP-SHA256-8:QN08-PMD5", "OCRA-1:HOTP-SHA256-8:QN08-T"]
NO_SUITES += ["OCRA-1:HOTP-SHA256-8:QN08-T60S", "OCRA-1:HOTP-SHA256-8:QN08-T0M", "OCRA-1:HOTP-SHA256-8:QN08-T49H"]
NO_SUITES += ["OCRA-1:HOTP-SHA256-8:QN08-S064", "OCRA-1:HOTP-SHA256-8:QN08\n", " OCRA-1:HOTP-SHA256-8:QN08", "OCRA-1:HOTP-SHA256-８:QN08"]


@pytest.mark.parametrize("text", NO_SUITES)
def test_what_is_no_suite_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        parse_suite(text)


@pytest.mark.parametrize(
    ("suite", "question", "inputs"),
    [
        ("OCRA-1:HOTP-SHA256-8:C-QN08", "12345678", {}),
        ("OCRA-1:HOTP-SHA256-8:QN08", "12345678", {"counter": 1}),
        ("OCRA-1:HOTP-SHA256-8:QN08-PSHA1", "12345678", {}),
        ("OCRA-1:HOTP-SHA256-8:QN08-PSHA1", "12345678", {"pin_digest": b"1234"}),
        ("OCRA-1:HOTP-SHA256-8:QN08", "12345678", {"pin_digest": PIN}),
        ("OCRA-1:HOTP-SHA256-8:QN08-T1M", "12345678", {}),
        ("OCRA-1:HOTP-SHA256-8:QN08", "12345678", {"now": TIME}),
        (TYPED, "", {}),
        (TYPED, "1234567a", {}),
        (TYPED, "１２３４５６７８", {}),
        (TYPED, "12345678\n", {}),
        (TYPED, "1" * 17, {}),
        (SCANNED, "g" * 64, {}),
        ("OCRA-1:HOTP-SHA256-8:QA08", "abc-efgh", {}),
    ],
)
def test_inputs_that_are_not_the_suites_are_refused(suite: str, question: str, inputs: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        answer(parse_suite(suite), SEED_32, question, **inputs)


# ------------------------------------------------------------------------------------------------ transactions


def ocra_token(suite: str) -> OtpToken:
    return OtpToken(Kind.OCRA, "sha256", 8, suite=suite)


def test_the_challenge_of_a_transaction_is_what_the_docs_say() -> None:
    digest = hashlib.sha256(b"natsuin/v1/ocra\x00" + TRANSACTION).hexdigest()
    assert challenge_hex(TRANSACTION) == digest
    assert challenge_digits(TRANSACTION) == str(int(digest, 16))[-8:]
    assert challenge_hex(TRANSACTION) != TRANSACTION.hex()


@pytest.mark.parametrize(("suite", "challenge"), [(TYPED, challenge_digits(TRANSACTION)), (SCANNED, challenge_hex(TRANSACTION))])
def test_an_answer_counts_for_its_transaction(suite: str, challenge: str) -> None:
    code = answer(parse_suite(suite), SEED_32, challenge)
    assert check_answer(ocra_token(suite), SEED_32, TRANSACTION, code) == challenge


@settings(deadline=None)
@given(st.binary(min_size=32, max_size=32), st.sampled_from([TYPED, SCANNED]))
def test_an_answer_counts_for_no_other_transaction_seed_or_suite(other: bytes, suite: str) -> None:
    token = ocra_token(suite)
    challenge = challenge_digits(TRANSACTION) if suite == TYPED else challenge_hex(TRANSACTION)
    code = answer(parse_suite(suite), SEED_32, challenge)
    with pytest.raises(CodeRefused):
        check_answer(token, SEED_32, other, code)
    with pytest.raises(CodeRefused):
        check_answer(token, other, TRANSACTION, code)
    with pytest.raises(CodeRefused):
        check_answer(ocra_token(SCANNED if suite == TYPED else TYPED), SEED_32, TRANSACTION, code)


@settings(deadline=None)
@given(st.binary(min_size=32, max_size=32))
def test_a_challenge_is_always_one_that_its_token_takes(transaction_sha256: bytes) -> None:
    """Eight digits, also where the number begins with noughts, and 64 hex digits."""
    assert len(challenge_digits(transaction_sha256)) == 8
    assert len(challenge_hex(transaction_sha256)) == 64
    assert len(answer(parse_suite(TYPED), SEED_32, challenge_digits(transaction_sha256))) == 8
    assert len(answer(parse_suite(SCANNED), SEED_32, challenge_hex(transaction_sha256))) == 8


@pytest.mark.parametrize(
    "token",
    [
        OtpToken(Kind.TOTP, "sha256", 8, suite=TYPED),
        ocra_token("OCRA-1:HOTP-SHA1-6:QN08"),
        ocra_token("OCRA-1:HOTP-SHA256-8:C-QN08"),
        replace(ocra_token(TYPED), suite=None),
    ],
)
def test_other_tokens_and_suites_do_not_answer_for_transactions(token: OtpToken) -> None:
    with pytest.raises(CodeRefused, match="does not answer"):
        check_answer(token, SEED_32, TRANSACTION, "12345678")


@pytest.mark.parametrize("code", ["", "1234567", "123456789", "1234567a", "１２３４５６７８"])
def test_an_answer_is_exactly_eight_digits(code: str) -> None:
    with pytest.raises(CodeRefused, match="not 8 digits"):
        check_answer(ocra_token(TYPED), SEED_32, TRANSACTION, code)
