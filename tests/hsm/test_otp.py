"""HOTP and TOTP: the codes of the standards and of a foreign tool, and which of them move a token's state forward."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hsm.errors import CodeRefused, StepUsed
from hsm.otp import (
    HOTP_LOOK_AHEAD,
    HOTP_RESYNCHRONISE_AHEAD,
    MAX_DRIFT,
    Algorithm,
    Digits,
    Kind,
    OtpToken,
    Period,
    accept,
    resynchronise,
    shown,
)
from tests.harness import oathtool
from tests.harness.sam import NOW

SEED = b"12345678901234567890"
OTHER_SEED = b"09876543210987654321"
SEEDS: dict[Algorithm, bytes] = {"sha1": SEED, "sha256": (SEED * 2)[:32], "sha512": (SEED * 4)[:64]}

TOTP = OtpToken(Kind.TOTP)
HOTP = OtpToken(Kind.HOTP)
STEP = int(NOW // 30)

# RFC 4226, appendix D: the truncated value of counters 0 to 9
RFC_4226 = [1284755224, 1094287082, 137359152, 1726969429, 1640338314, 868254676, 1918287922, 82162583, 673399871, 645520489]

# RFC 6238, appendix B; the seeds of SHA-256 and SHA-512 are as its erratum 2866 has them
RFC_6238: list[tuple[int, Algorithm, str]] = [
    (59, "sha1", "94287082"),
    (59, "sha256", "46119246"),
    (59, "sha512", "90693936"),
    (1111111109, "sha1", "07081804"),
    (1111111109, "sha256", "68084774"),
    (1111111109, "sha512", "25091201"),
    (1111111111, "sha1", "14050471"),
    (1111111111, "sha256", "67062674"),
    (1111111111, "sha512", "99943326"),
    (1234567890, "sha1", "89005924"),
    (1234567890, "sha256", "91819424"),
    (1234567890, "sha512", "93441116"),
    (2000000000, "sha1", "69279037"),
    (2000000000, "sha256", "90698825"),
    (2000000000, "sha512", "38618901"),
    (20000000000, "sha1", "65353130"),
    (20000000000, "sha256", "77737706"),
    (20000000000, "sha512", "47863826"),
]


def at(step: int, token: OtpToken = TOTP) -> str:
    """What a token with our seed shows."""
    return shown(token, SEED, step)


# ------------------------------------------------------------------------------------------------ the codes


@pytest.mark.parametrize("counter", range(10))
@pytest.mark.parametrize("digits", [6, 7, 8])
def test_hotp_codes_are_those_of_rfc_4226(counter: int, digits: Digits) -> None:
    token = OtpToken(Kind.HOTP, digits=digits, last=counter - 1 if counter else None)
    code = str(RFC_4226[counter] % 10**digits).zfill(digits)
    assert shown(token, SEED, counter) == code
    assert accept(token, SEED, code, 0) == replace(token, last=counter)


@pytest.mark.parametrize(("now", "algorithm", "code"), RFC_6238)
def test_totp_codes_are_those_of_rfc_6238(now: int, algorithm: Algorithm, code: str) -> None:
    token = OtpToken(Kind.TOTP, algorithm=algorithm, digits=8)
    assert accept(token, SEEDS[algorithm], code, now) == replace(token, last=now // 30)


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
@pytest.mark.parametrize("digits", [6, 7, 8])
@pytest.mark.parametrize("period_s", [30, 60])
def test_codes_of_a_foreign_tool_are_accepted(algorithm: Algorithm, digits: Digits, period_s: Period) -> None:
    token = OtpToken(Kind.TOTP, algorithm=algorithm, digits=digits, period_s=period_s)
    seed = SEEDS[algorithm]
    code = oathtool.totp(seed, int(NOW) + 17, algorithm=algorithm, digits=digits, period_s=period_s)
    assert accept(token, seed, code, NOW + 17).last == (NOW + 17) // period_s
    assert oathtool.hotp(SEED, 4_000_000_000, digits) == shown(OtpToken(Kind.HOTP, digits=digits), SEED, 4_000_000_000)


# ------------------------------------------------------------------------------------------------ the window


@pytest.mark.parametrize("drift", [-20, -3, 0, 7, 20])
@pytest.mark.parametrize("beside", range(-4, 5))
def test_a_totp_code_counts_one_step_to_either_side_of_the_drift(drift: int, beside: int) -> None:
    token = replace(TOTP, drift=drift)
    code = at(STEP + drift + beside)
    if abs(beside) > 1:
        with pytest.raises(CodeRefused):
            accept(token, SEED, code, NOW)
    else:
        followed = max(-MAX_DRIFT, min(MAX_DRIFT, drift + beside))
        assert accept(token, SEED, code, NOW) == replace(token, last=STEP + drift + beside, drift=followed)


def test_a_slow_clock_is_followed_as_far_as_a_clock_may_drift() -> None:
    """A token that loses a step a month goes on working, and stops where no honest clock is."""
    token, accepted = TOTP, 0
    for month in range(1, 30):
        now = NOW + month * 86_400 * 30
        try:
            token = accept(token, SEED, at(int(now // 30) - month), now)
        except CodeRefused:
            break
        accepted = month
    assert (token.drift, accepted) == (-MAX_DRIFT, MAX_DRIFT + 1)


@pytest.mark.parametrize("ahead", [*range(HOTP_LOOK_AHEAD + 2)])
def test_a_hotp_code_counts_as_far_as_presses_may_be_lost(ahead: int) -> None:
    token = replace(HOTP, last=41)
    if ahead > HOTP_LOOK_AHEAD:
        with pytest.raises(CodeRefused):
            accept(token, SEED, at(42 + ahead), NOW)
    else:
        assert accept(token, SEED, at(42 + ahead), NOW) == replace(token, last=42 + ahead)


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "12345a", " 12345", "12345\n", "+12345", "１２３４５６", "١٢٣٤٥٦", "12345²", "-12345"]
)
@pytest.mark.parametrize("token", [TOTP, HOTP])
def test_what_is_not_exactly_as_many_digits_is_refused(token: OtpToken, code: str) -> None:
    with pytest.raises(CodeRefused, match="not 6 digits"):
        accept(token, SEED, code, NOW)


def test_a_refusal_does_not_say_the_code_or_the_seed() -> None:
    refusals = []
    for code in (at(STEP + 5), at(STEP)):
        with pytest.raises((CodeRefused, StepUsed)) as refused:
            accept(replace(TOTP, last=STEP), SEED, code, NOW)
        refusals.append(str(refused.value))
        assert code not in refusals[-1]
        assert SEED.decode() not in refusals[-1]
    assert refusals[0] != refusals[1]


def test_an_ocra_token_shows_no_code_by_itself() -> None:
    token = OtpToken(Kind.OCRA, "sha256", 8, suite="OCRA-1:HOTP-SHA256-8:QN08")
    with pytest.raises(CodeRefused, match="challenge"):
        accept(token, SEED, "12345678", NOW)
    with pytest.raises(CodeRefused, match="challenge"):
        resynchronise(token, SEED, "12345678", "12345678", NOW)


# ------------------------------------------------------------------------------------------------ once


@pytest.mark.parametrize("token", [TOTP, HOTP])
def test_a_code_is_good_once(token: OtpToken) -> None:
    code = at(STEP if token.kind is Kind.TOTP else 0)
    after = accept(token, SEED, code, NOW)
    with pytest.raises(StepUsed):
        accept(after, SEED, code, NOW)


def test_an_earlier_step_is_not_accepted_after_a_later_one() -> None:
    after = accept(TOTP, SEED, at(STEP + 1), NOW)
    for step in (STEP, STEP + 1):
        with pytest.raises(StepUsed):
            accept(after, SEED, at(step), NOW)
    assert accept(after, SEED, at(STEP + 2), NOW + 30).last == STEP + 2


def test_a_code_that_stands_at_two_steps_is_good_once() -> None:
    """Six digits repeat: the same code at a step that was used, or at two free ones, must not be accepted twice."""
    codes = [at(counter) for counter in range(3_000)]
    pairs = [(n, n + d) for n in range(2_990) for d in range(1, HOTP_LOOK_AHEAD + 1) if codes[n] == codes[n + d]]
    seed, number = SEED, 0
    while not pairs:  # this seed has none among its first; the next may
        number += 1
        seed = SEED[:-4] + number.to_bytes(4)
        codes = [shown(HOTP, seed, counter) for counter in range(3_000)]
        pairs = [(n, n + d) for n in range(2_990) for d in range(1, HOTP_LOOK_AHEAD + 1) if codes[n] == codes[n + d]]
    earlier, later = pairs[0]
    token = replace(HOTP, last=earlier - 1 if earlier else None)
    after = accept(token, seed, codes[earlier], NOW)
    assert after.last == later
    with pytest.raises(StepUsed):
        accept(after, seed, codes[later], NOW)
    with pytest.raises(StepUsed):
        accept(replace(token, last=earlier), seed, codes[later], NOW)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(-3, 3)), min_size=2, max_size=25), st.integers(-MAX_DRIFT, MAX_DRIFT))
def test_each_totp_step_is_accepted_at_most_once_whatever_the_order(events: list[tuple[int, int]], drift: int) -> None:
    """Our clock jumps to and fro and the token's is off; no step ever counts twice, and the state never goes back."""
    token, accepted = replace(TOTP, drift=drift), list[str]()
    for moved, beside in events:
        now = NOW + moved * 30
        code = at(STEP + moved + drift + beside)
        try:
            following = accept(token, SEED, code, now)
        except (CodeRefused, StepUsed):
            continue
        assert token.last is None or (following.last is not None and following.last > token.last)
        assert abs(following.drift) <= MAX_DRIFT
        token = following
        accepted.append(code)
    assert len(set(accepted)) == len(accepted)


@settings(deadline=None)
@given(st.lists(st.integers(0, 60), min_size=2, max_size=40))
def test_each_hotp_counter_is_accepted_at_most_once_whatever_the_order(counters: list[int]) -> None:
    token, accepted = HOTP, list[int]()
    for counter in counters:
        expected = 0 if token.last is None else token.last + 1
        try:
            token = accept(token, SEED, at(counter), NOW)
        except (CodeRefused, StepUsed):
            assert not expected <= counter <= expected + HOTP_LOOK_AHEAD
            continue
        accepted.append(counter)
        assert expected <= counter <= expected + HOTP_LOOK_AHEAD
    assert accepted == sorted(set(accepted))


@settings(deadline=None)
@given(st.binary(min_size=16, max_size=64), st.sampled_from([TOTP, HOTP]))
def test_codes_of_another_seed_are_refused(seed: bytes, token: OtpToken) -> None:
    token = replace(token, digits=8)  # among a few dozen codes of eight digits no two are the same
    counter = STEP if token.kind is Kind.TOTP else 0
    with pytest.raises(CodeRefused):
        accept(token, SEED, shown(token, seed, counter), NOW)
    with pytest.raises(CodeRefused):
        resynchronise(token, SEED, shown(token, seed, counter), shown(token, seed, counter + 1), NOW)


# ------------------------------------------------------------------------------------------------ resynchronising


@pytest.mark.parametrize("drift", [-MAX_DRIFT - 1, -MAX_DRIFT, -2, 0, 5, MAX_DRIFT, MAX_DRIFT + 1])
def test_a_totp_token_is_found_by_two_codes(drift: int) -> None:
    """Whatever drift was known before; both are used up, and the next code counts."""
    token = replace(TOTP, drift=3)
    codes = at(STEP + drift - 1), at(STEP + drift)
    if abs(drift) > MAX_DRIFT:
        with pytest.raises(CodeRefused):
            resynchronise(token, SEED, *codes, NOW)
        return
    after = resynchronise(token, SEED, *codes, NOW)
    assert after == replace(token, last=STEP + drift, drift=drift)
    for code in codes:
        with pytest.raises(StepUsed):
            accept(after, SEED, code, NOW)
    assert accept(after, SEED, at(STEP + drift + 1), NOW + 30).drift == drift


@pytest.mark.parametrize("last", [None, 0, 17])
@pytest.mark.parametrize("ahead", [0, 1, 150, HOTP_RESYNCHRONISE_AHEAD - 1, HOTP_RESYNCHRONISE_AHEAD])
def test_a_hotp_token_is_found_by_two_codes(last: int | None, ahead: int) -> None:
    token = replace(HOTP, last=last)
    first = (0 if last is None else last + 1) + ahead
    if ahead == HOTP_RESYNCHRONISE_AHEAD:
        with pytest.raises(CodeRefused):
            resynchronise(token, SEED, at(first), at(first + 1), NOW)
        return
    after = resynchronise(token, SEED, at(first), at(first + 1), NOW)
    assert after == replace(token, last=first + 1)
    with pytest.raises(StepUsed):
        accept(after, SEED, at(first + 1), NOW)


def test_codes_that_were_used_do_not_resynchronise() -> None:
    """Neither two used ones, nor a used one with the next."""
    for last in (STEP - 1, STEP, STEP + 3):
        with pytest.raises(StepUsed):
            resynchronise(replace(TOTP, last=last), SEED, at(STEP - 1), at(STEP), NOW)
    with pytest.raises(StepUsed):
        resynchronise(replace(HOTP, last=9), SEED, at(9), at(10), NOW)


@settings(deadline=None)
@given(st.integers(-MAX_DRIFT, MAX_DRIFT), st.integers(0, 99_999_999))
def test_one_code_alone_never_resynchronises(drift: int, guess: int) -> None:
    """Not twice the same, not in the wrong order, not with a gap, not beside a wrong one."""
    token = replace(TOTP, digits=8)
    right, following, wrong = at(STEP + drift, token), at(STEP + drift + 1, token), str(guess).zfill(8)
    assume(wrong not in {at(STEP + step, token) for step in range(-MAX_DRIFT - 2, MAX_DRIFT + 3)})
    later = at(STEP + drift + 2, token)
    for pair in ((right, right), (following, right), (right, later), (right, wrong), (wrong, right), (wrong, wrong)):
        with pytest.raises(CodeRefused):
            resynchronise(token, SEED, *pair, NOW)
