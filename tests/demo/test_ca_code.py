"""The format of an identification code: what is on paper is read however it is typed, and what was mistyped is noticed."""

import contextlib
import itertools
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.ca.code import ALPHABET, LETTERS, new_code, read_code
from demo.ca.errors import CodeMistyped

VECTORS = ("0000-0000-0000-0000-0168", "0123-4567-89AB-CDEF-GH8B", "ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZRM")
"""As documented in docs/ca.md, for those who check codes elsewhere."""
letters = st.text(ALPHABET, min_size=LETTERS, max_size=LETTERS)


def with_letter(code: str, place: int, letter: str) -> str:
    return code[:place] + letter + code[place + 1 :]


def test_a_new_code_is_twenty_letters_in_five_groups_and_no_two_are_the_same() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    for code in codes:
        assert [len(group) for group in code.split("-")] == [4] * 5
        assert read_code(code) == code.replace("-", "")
    assert set("".join(codes)) == {*ALPHABET, "-"}  # nothing that is confused on paper


@pytest.mark.parametrize("code", VECTORS)
def test_documented_codes_are_good(code: str) -> None:
    assert read_code(code) == code.replace("-", "")
    assert code in (Path(__file__).parents[2] / "docs" / "ca.md").read_text()


@pytest.mark.parametrize(
    "typed",
    [
        "0123-4567-89ab-cdef-gh8b",
        "0123456789ABCDEFGH8B",
        " 0123 4567 89AB\tCDEF GH8B\r\n",
        "OI23-4567-89AB-CDEF-GH8B",
        "ol23-4567-89ab-cdef-gh8b",
        "0123–4567—89AB−CDEFーGH8B",
        "０１２３－４５６７－８９ＡＢ－ＣＤＥＦ－ＧＨ８Ｂ",
    ],
)
def test_it_is_read_however_people_type(typed: str) -> None:
    assert read_code(typed) == "0123456789ABCDEFGH8B"


def test_every_single_and_every_pair_of_wrong_letters_is_noticed() -> None:
    code = read_code(new_code())
    for place, letter in itertools.product(range(LETTERS), ALPHABET):
        if code[place] != letter:
            with pytest.raises(CodeMistyped):
                read_code(with_letter(code, place, letter))
    for one, other in itertools.combinations(range(LETTERS), 2):
        wrong = with_letter(with_letter(code, one, random.choice(ALPHABET)), other, random.choice(ALPHABET))
        if wrong != code:
            with pytest.raises(CodeMistyped):
                read_code(wrong)
        swapped = with_letter(with_letter(code, one, code[other]), other, code[one])
        if swapped != code:
            with pytest.raises(CodeMistyped):
                read_code(swapped)


@pytest.mark.parametrize("text", ["", "0", "0123-4567-89AB-CDEF-GH8", "0123-4567-89AB-CDEF-GH8B-0", "U123-4567-89AB-CDEF-GH8B", "0" * 400])
def test_what_is_not_of_this_form_is_mistyped(text: str) -> None:
    with pytest.raises(CodeMistyped):
        read_code(text)


@given(st.text(max_size=60) | letters)
def test_nothing_else_happens_whatever_is_typed(text: str) -> None:
    with contextlib.suppress(CodeMistyped):
        assert len(read_code(text)) == LETTERS


def test_of_guesses_one_in_1024_fits() -> None:
    drawn = random.Random(1)
    fitting = sum(is_good("".join(drawn.choices(ALPHABET, k=LETTERS))) for _ in range(20_000))
    assert 5 < fitting < 40  # 19.5 expected


def is_good(text: str) -> bool:
    try:
        read_code(text)
    except CodeMistyped:
        return False
    return True
