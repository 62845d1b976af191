"""Seeds from CSV: what is taken, and that every line that can't be taken is named without a word of what stands in it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hsm.errors import SeedsRefused
from hsm.messages.ocra import SCANNED, TYPED
from hsm.otp import Kind, OtpToken
from hsm.seeds import seed as seeds
from hsm.seeds.seed import Seed
from hsm.seeds.seed_csv import read_seed_csv

HEX = "3132333435363738393031323334353637383930"
BASE32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
SECRET = b"12345678901234567890"
HEADER = "serial,seed,kind,algorithm,digits,period\n"


def problems(text: str | bytes) -> tuple[str, ...]:
    """What a file is refused for."""
    with pytest.raises(SeedsRefused) as refused:
        read_seed_csv(text if isinstance(text, bytes) else text.encode())
    return refused.value.problems


def test_each_kind_of_token_is_read() -> None:
    text = HEADER + f"A-1,{HEX},totp,sha1,6,30\nA-2,{BASE32},totp,sha256,8,60\nB.1,{HEX},hotp,sha1,6,\nC_1,{BASE32},ocra,{TYPED},8,\n"
    assert read_seed_csv((text + f"C_2,{HEX.lower()},ocra,{SCANNED},8,\n").encode()) == (
        Seed("A-1", SECRET, OtpToken(Kind.TOTP)),
        Seed("A-2", SECRET, OtpToken(Kind.TOTP, "sha256", 8, 60)),
        Seed("B.1", SECRET, OtpToken(Kind.HOTP)),
        Seed("C_1", SECRET, OtpToken(Kind.OCRA, "sha256", 8, suite=TYPED)),
        Seed("C_2", SECRET, OtpToken(Kind.OCRA, "sha256", 8, suite=SCANNED)),
    )


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("before", ["", "\ufeff"])
@pytest.mark.parametrize("after", ["", "\n", "\n\n"])
def test_what_spreadsheets_add_does_not_matter(before: str, ending: str, after: str) -> None:
    text = before + HEADER + f'"A-1",{HEX},totp,sha1,"6",30' + after
    assert [seed.serial for seed in read_seed_csv(text.replace("\n", ending).encode())] == ["A-1"]


@pytest.mark.parametrize(
    ("cell", "secret"),
    [
        (HEX, SECRET),
        (f"hex:{HEX}", SECRET),
        (BASE32, SECRET),
        (BASE32.lower(), SECRET),
        (f"base32:{BASE32}", SECRET),
        ("GEZDGNBVGY3TQOJQGEZDGNBVGY", SECRET[:16]),
        ("GEZDGNBVGY3TQOJQGEZDGNBVGY======", SECRET[:16]),
        ("hex:" + "ABCDEF23" * 4, bytes.fromhex("ABCDEF23" * 4)),
        ("base32:" + "ABCDEF23" * 4, bytes.fromhex("004432175b" * 4)),
    ],
)
def test_a_seed_is_hex_or_base32(cell: str, secret: bytes) -> None:
    assert read_seed_csv(f"{HEADER}A-1,{cell},totp,sha1,6,30\n".encode())[0].secret == secret


def test_a_seed_that_could_be_either_is_not_guessed() -> None:
    assert problems(f"{HEADER}A-1,{'ABCDEF23' * 4},totp,sha1,6,30\n") == (
        "line 2: the seed could be hex or base32: begin it with hex: or base32:",
    )


WRONG = {
    f"A 1,{HEX},totp,sha1,6,30": "the serial number is not 1 to 64 letters, digits, dots, dashes or underscores",
    f",{HEX},totp,sha1,6,30": "the serial number is not 1 to 64 letters, digits, dots, dashes or underscores",
    f"A-1,{HEX[:30]},totp,sha1,6,30": "the seed is not 16 to 128 bytes",
    f"A-1,{HEX * 7},totp,sha1,6,30": "the seed is not 16 to 128 bytes",
    f"A-1,{HEX[:-1]},totp,sha1,6,30": "the seed is neither hex nor base32",
    f"A-1,{BASE32[:-1]}1,totp,sha1,6,30": "the seed is neither hex nor base32",
    "A-1,GEZDGNBVGY3TQOJQGEZDGNBVGZ,totp,sha1,6,30": "the seed is neither hex nor base32",
    f"A-1,hex:{BASE32},totp,sha1,6,30": "the seed is neither hex nor base32",
    f"A-1,base64:{HEX},totp,sha1,6,30": "the seed is neither hex nor base32",
    f"A-1, {HEX},totp,sha1,6,30": "the seed is neither hex nor base32",
    f"A-1,{HEX},TOTP,sha1,6,30": "the kind is not totp, hotp or ocra",
    f"A-1,{HEX},totp,md5,6,30": "the algorithm is not sha1, sha256 or sha512",
    f"A-1,{HEX},totp,SHA1,6,30": "the algorithm is not sha1, sha256 or sha512",
    f"A-1,{HEX},totp,sha1,5,30": "not 6, 7 or 8 digits",
    f"A-1,{HEX},totp,sha1,,30": "not 6, 7 or 8 digits",
    f"A-1,{HEX},totp,sha1,６,30": "not 6, 7 or 8 digits",
    f"A-1,{HEX},totp,sha1,6,": "the period is not 30 or 60 seconds",
    f"A-1,{HEX},totp,sha1,6,45": "the period is not 30 or 60 seconds",
    f"A-1,{HEX},hotp,sha1,6,30": "only TOTP has a period",
    f"A-1,{HEX},ocra,{TYPED},8,30": "only TOTP has a period",
    f"A-1,{HEX},ocra,sha256,8,": f"the OCRA suite is not {TYPED} or {SCANNED}",
    f"A-1,{HEX},ocra,OCRA-1:HOTP-SHA1-6:QN08,6,": f"the OCRA suite is not {TYPED} or {SCANNED}",
    f"A-1,{HEX},ocra,{TYPED},6,": "not as many digits as the OCRA suite has",
    f"A-1,{HEX},totp,sha1,6": "not 6 cells",
    f"A-1,{HEX},totp,sha1,6,30,": "not 6 cells",
}


@pytest.mark.parametrize("line", WRONG)
def test_a_line_with_one_thing_wrong_is_named(line: str) -> None:
    assert problems(HEADER + line + "\n") == (f"line 2: {WRONG[line]}",)


def test_every_bad_line_is_listed_and_nothing_is_taken() -> None:
    """Also where one has several things wrong; good lines between them do not help."""
    lines = [f"A-1,{HEX},totp,sha1,6,30", "A-2,secret,totp,sha1,6,30", f"A-3,{HEX},x,md5,6,30", f"A-1,{HEX},totp,sha1,6,30", "A-5"]
    assert problems(HEADER + "\n".join(lines)) == (
        "line 3: the seed is neither hex nor base32",
        "line 4: the kind is not totp, hotp or ocra",
        "line 4: the algorithm is not sha1, sha256 or sha512",
        "line 5: the same serial number as one before",
        "line 6: not 6 cells",
    )


@pytest.mark.parametrize("cell", range(6))
def test_no_problem_repeats_what_stands_in_the_file(cell: int) -> None:
    """Wherever a seed slipped to."""
    cells = ["A-1", HEX, "totp", "sha1", "6", "30"]
    cells[1], cells[cell] = cells[cell], HEX + "0"
    with pytest.raises(SeedsRefused) as refused:
        read_seed_csv((HEADER + ",".join(cells)).encode())
    assert HEX not in str(refused.value)
    assert refused.value.__context__ is None or HEX not in str(refused.value.__context__)


def test_a_seed_does_not_show_its_secret() -> None:
    (seed,) = read_seed_csv(f"{HEADER}A-1,{HEX},totp,sha1,6,30\n".encode())
    assert f"{seed}{seed!r}{[seed]}" == "<Seed A-1>" * 2 + "[<Seed A-1>]"


@pytest.mark.parametrize("text", ["", "\n", HEADER.upper(), "seed,serial,kind,algorithm,digits,period\n", f"A-1,{HEX},totp,sha1,6,30\n"])
def test_the_first_line_names_the_columns(text: str) -> None:
    assert problems(text) == ("line 1: not serial,seed,kind,algorithm,digits,period",)


def test_a_file_without_seeds_is_refused() -> None:
    assert problems(HEADER) == ("no seed in it",)


def test_what_is_not_csv_is_refused() -> None:
    assert problems(HEADER + f'A-1,"{HEX}"x,totp,sha1,6,30\n') == ("line 2: not CSV, nor is what follows read",)
    assert problems(HEADER + f'A-1,"{HEX},totp,sha1,6,30\n') == ("line 2: not CSV, nor is what follows read",)
    assert problems(HEADER.encode() + b"\xff\xfe") == ("not UTF-8",)


def test_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seeds, "MAX_SEEDS", 3)
    lines = [f"A-{number},{HEX},totp,sha1,6,30\n" for number in range(4)]
    assert len(read_seed_csv((HEADER + "".join(lines[:3])).encode())) == 3
    assert problems(HEADER + "".join(lines)) == ("more than 3 seeds",)
    monkeypatch.setattr(seeds, "MAX_FILE_BYTES", 100)
    assert problems(HEADER + "".join(lines[:3])) == ("larger than 100 bytes",)


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: (HEADER + text).encode("utf-8", "surrogatepass")))
def test_a_file_of_any_bytes_is_taken_or_refused(raw: bytes) -> None:
    with pytest.raises(SeedsRefused):
        read_seed_csv(raw)
