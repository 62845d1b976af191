"""
Seeds of tokens as a vendor hands them over: one frozen value for every kind of file, and the rules that every file obeys.

All or nothing: one seed that can't be taken refuses the file, with a sentence for each. What stands in a file is never in a sentence.
"""

import re
from collections.abc import Callable, Iterable
from typing import get_args

import msgspec
from msgspec import Struct

from hsm.errors import SeedsRefused
from hsm.messages.ocra import TRANSACTION_SUITES
from hsm.ocra import parse_suite
from hsm.otp import MAX_SEED_BYTES, MIN_SEED_BYTES, Algorithm, Digits, Kind, OtpToken, Period

MAX_FILE_BYTES = 20_000_000
MAX_SEEDS = 10_000

_SERIAL = re.compile("[A-Za-z0-9._-]{1,64}")


class Seed(Struct, frozen=True):
    """A token's seed and the state that it begins in; it may not be used before or after the two times (unix seconds)."""

    serial: str
    secret: bytes
    token: OtpToken
    usable_from: int | None = None
    usable_until: int | None = None

    def __repr__(self) -> str:
        return f"<Seed {self.serial}>"


def require_size(raw: bytes) -> None:
    """Refuse a file that is too large to be read at all; raises SeedsRefused."""
    if len(raw) > MAX_FILE_BYTES:
        raise SeedsRefused(f"larger than {MAX_FILE_BYTES} bytes")


def make_seed(
    serial: str,
    secret: bytes,
    kind: str,
    algorithm: str,
    digits: int,
    period_s: int | None,
    *,
    next_counter: int = 0,
    usable_from: int | None = None,
    usable_until: int | None = None,
) -> Seed:
    """
    Check what a file says of one token; `algorithm` is the hash, and for OCRA the suite; only TOTP has a period, only HOTP a counter.

    Raises:
        SeedsRefused: with a sentence for each thing that is wrong.
    """
    wrong = list(_wrong(serial, secret, kind, algorithm, digits, period_s))
    if next_counter and kind != Kind.HOTP:
        wrong.append("only HOTP has a counter")
    if usable_from is not None and usable_until is not None and usable_from >= usable_until:
        wrong.append("it ends before it begins")
    if wrong:
        raise SeedsRefused(*wrong)
    state: dict[str, object] = {"kind": kind, "algorithm": algorithm, "digits": digits}
    if kind == Kind.TOTP:
        state["period_s"] = period_s
    if kind == Kind.OCRA:
        state |= {"suite": algorithm, "algorithm": parse_suite(algorithm).hash}
    if next_counter:
        state["last"] = next_counter - 1
    return Seed(serial, secret, msgspec.convert(state, OtpToken), usable_from, usable_until)


def _wrong(serial: str, secret: bytes, kind: str, algorithm: str, digits: int, period_s: int | None) -> Iterable[str]:
    if not _SERIAL.fullmatch(serial):
        yield "the serial number is not 1 to 64 letters, digits, dots, dashes or underscores"
    if not MIN_SEED_BYTES <= len(secret) <= MAX_SEED_BYTES:
        yield f"the seed is not {MIN_SEED_BYTES} to {MAX_SEED_BYTES} bytes"
    if kind not in list(Kind):
        yield "the kind is not totp, hotp or ocra"
    if digits not in get_args(Digits):
        yield "not 6, 7 or 8 digits"
    if kind == Kind.OCRA:
        if algorithm not in TRANSACTION_SUITES:
            yield f"the OCRA suite is not {' or '.join(TRANSACTION_SUITES)}"
        elif digits != parse_suite(algorithm).digits:
            yield "not as many digits as the OCRA suite has"
    elif algorithm not in get_args(Algorithm):
        yield "the algorithm is not sha1, sha256 or sha512"
    if kind == Kind.TOTP and period_s not in get_args(Period):
        yield "the period is not 30 or 60 seconds"
    if kind in (Kind.HOTP, Kind.OCRA) and period_s is not None:
        yield "only TOTP has a period"


def gather(entries: Iterable[tuple[str, Callable[[], Seed]]]) -> tuple[Seed, ...]:
    """
    Read every entry of a file, each with the name of its place.

    Raises:
        SeedsRefused: with a sentence for each thing that is wrong anywhere, or that no entry or too many are there.
    """
    seeds: list[Seed] = []
    problems: list[str] = []
    serials: set[str] = set()
    for number, (place, read) in enumerate(entries):
        if number == MAX_SEEDS:
            raise SeedsRefused(f"more than {MAX_SEEDS} seeds")
        try:
            seed = read()
        except SeedsRefused as refused:
            problems += [f"{place}: {problem}" for problem in refused.problems]
            continue
        if seed.serial in serials:
            problems.append(f"{place}: the same serial number as one before")
        serials.add(seed.serial)
        seeds.append(seed)
    if problems:
        raise SeedsRefused(*problems)
    if not seeds:
        raise SeedsRefused("no seed in it")
    return tuple(seeds)
