"""Codes and links as text: this server, the CA and the page read a code alike, to the letter; a link is something else."""

import hashlib
import random
import re
from collections.abc import Iterator

import pytest

from app.domain.link import NEVER_GIVEN, new_link, read_code, read_link
from demo.ca import code as of_the_ca
from demo.ca.errors import CodeMistyped
from tests.harness.stack import ROOT

VECTORS = re.findall(r"`((?:[0-9A-Z]{4}-){4}[0-9A-Z]{4})`", (ROOT / "docs" / "ca.md").read_text().partition("**Vectors.**")[2])
TYPED = " -_.ー‐–—−\u00ad\u3000oOiIlLuU０Ａｚ9#¥ßıſ"


def test_vectors_are_codes() -> None:
    """Those of docs/ca.md; one wrong letter, or two that changed places, make none."""
    assert len(VECTORS) == 3
    for vector in VECTORS:
        letters = vector.replace("-", "")
        assert read_code(vector) == read_code(vector.lower()) == read_code(vector.replace("0", "o").replace("1", "l")) == letters
        for place, letter in enumerate(letters):
            wrong = "Z" if letter != "Z" else "Y"
            assert read_code(letters[:place] + wrong + letters[place + 1 :]) is None
        assert read_code(letters[:-1]) is None
        assert read_code(letters + "0") is None
    assert read_code("1023-4567-89AB-CDEF-GH8B") is None


def mistyped(seed: int) -> Iterator[str]:
    """Codes as tired people type them: changed, swapped, left out, doubled, in any case and width."""
    chance = random.Random(seed)
    for _ in range(400):
        text = list(of_the_ca.new_code())
        for _ in range(chance.randrange(4)):
            place = chance.randrange(len(text) - 1)
            match chance.randrange(5):
                case 0:
                    text[place] = chance.choice(TYPED)
                case 1:
                    text[place : place + 2] = reversed(text[place : place + 2])
                case 2:
                    text.insert(place, chance.choice(TYPED))
                case 3:
                    text[place] = text[place].lower()
                case _:
                    text[place] = chr(ord(text[place]) + 0xFEE0)
        yield "".join(text)


def as_the_ca_reads(text: str) -> str | None:
    try:
        return of_the_ca.read_code(text)
    except CodeMistyped:
        return None


@pytest.mark.parametrize("seed", range(3))
def test_server_and_ca_read_alike(seed: int) -> None:
    """Whatever is typed, they agree on which code it is, or that it is none."""
    texts = list(mistyped(seed))
    assert [read_code(text) for text in texts] == [as_the_ca_reads(text) for text in texts]
    assert 0 < sum(read_code(text) is not None for text in texts) < len(texts)


def test_a_letters_code_is_known_by_the_hash_that_the_ca_gives() -> None:
    """In whatever form it was typed; the CA gets it in its normal form."""
    read = read_link(" 0123 4567 89ab cdef gh8b ")
    assert read.code == "0123456789ABCDEFGH8B"
    assert read.sha256 == hashlib.sha256(b"0123456789ABCDEFGH8B").digest()


def test_a_link_is_known_by_its_secret_alone_and_carries_any_code() -> None:
    """The code behind the first dot is what it is, dots included."""
    text, sha256 = new_link("Code.of-another CA")
    read = read_link(text)
    assert (read.sha256, read.code) == (sha256, "Code.of-another CA")


def test_a_link_without_a_code_is_no_mixture_with_one_that_has() -> None:
    """The secret of the one opens nothing as the secret of the other."""
    text, sha256 = new_link(None)
    assert (read_link(text).sha256, read_link(text).code) == (sha256, "")
    secret = text.removeprefix("apply.")
    assert read_link(f"{secret}.x").sha256 != sha256
    with_code, of_code = new_link("x")
    assert read_link(f"apply.{with_code.partition('.')[0]}").sha256 != of_code
    for wrong in (secret, f"{text}.x", f"apply.{text}", f"Apply.{secret}", text[:-1]):
        assert read_link(wrong).sha256 == NEVER_GIVEN


@pytest.mark.parametrize("text", ["{code}.x", "{code}.{code}", "{secret}", "{secret}x.{code}", ".", "x.{code}", "", "捺印.{code}"])
def test_what_is_neither_is_nothing_that_was_given(text: str) -> None:
    """Above all no mixture: a code is no link's secret, a secret without its dot is no link."""
    code = of_the_ca.new_code()
    secret = new_link(code)[0].partition(".")[0]
    assert read_link(text.format(code=code, secret=secret)).sha256 == NEVER_GIVEN
