"""What the page about the end shows beside words: a number to read out, and the seal."""

import secrets

import pytest

from app.phone.approve import stamp
from app.phone.reference import REFERENCE_ALPHABET, reference_number


def test_reference_number_can_be_read_out() -> None:
    """Two groups of four from 32 signs that nobody confuses; the same for the same id, another for another."""
    ids = [secrets.token_urlsafe(16) for _ in range(200)]
    numbers = {reference_number(one) for one in ids}
    assert len(numbers) == 200
    assert numbers == {reference_number(one) for one in ids}
    for number in numbers:
        assert [len(group) for group in number.split("-")] == [4, 4]
        assert set(number) <= {*REFERENCE_ALPHABET, "-"}


@pytest.mark.parametrize("sign", "01OI")
def test_reference_number_has_no_sign_that_looks_like_another(sign: str) -> None:
    """32 signs, without 0, O, 1 and I."""
    assert len(set(REFERENCE_ALPHABET)) == 32
    assert sign not in REFERENCE_ALPHABET


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("山田 太郎", "山田"),
        ("山田\u3000太郎", "山田"),
        ("山田太郎", "山田太郎"),
        ("勅使河原 三郎", "勅使河原"),
        ("寿限無寿限無 五劫", "寿限無寿"),
        ("Taro Yamada", "TY"),
        ("taro", "T"),
        ("John Ronald Reuel Tolkien", "JR"),
        (" Taro  Yamada ", "TY"),
        ("Jean-Luc Ångström", "JÅ"),
        ("Ωmega", "Ωmeg"),
    ],
)
def test_seal_shows_the_family_name_or_initials(name: str, shown: str) -> None:
    """One to four characters."""
    assert stamp(name) == shown
    assert 1 <= len(stamp(name)) <= 4
