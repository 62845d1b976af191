"""What is printed: every letter of a name is there, or says that it is missing; without fonts nothing is printed."""

import io
from pathlib import Path

import pypdf
import pytest

from app import paper
from app.errors import FontsMissing
from app.paper import Paper, grouped, is_hexadecimal, printable

NOW = 1_795_427_000.0


def printed(rows: list[tuple[str, str, list[str]]]) -> pypdf.PdfReader:
    sheet = Paper("題 / Title", author="山田 太郎", subject="s", now=NOW)
    sheet.heading("題", "Title", ("aside",))
    sheet.sentence("一つ、|二つ。", "One, two.")
    sheet.facts(rows)
    return pypdf.PdfReader(io.BytesIO(sheet.output()))


def test_a_letter_that_the_fonts_lack_is_named() -> None:
    """𠮷 (U+20BB7) is in many names and in few fonts; it is not dropped, and not taken for 吉."""
    assert printable("𠮷田") == "〓(U+20BB7)田"
    assert "(U+20BB7)田" in printed([("名", "Name", ["𠮷田"])]).pages[0].extract_text()


def test_long_tables_go_on_to_the_next_sheet() -> None:
    """Nothing is cut off, and a name stays with its lines."""
    reader = printed([(f"項{number}", f"Row {number}", [f"value {number}", "0123 4567 89ab"]) for number in range(40)])
    text = "".join(page.extract_text() for page in reader.pages)
    assert len(reader.pages) > 1
    assert all(f"value {number}" in text for number in range(40))
    assert [page.extract_text().strip().startswith(("題", "項", "Row", "aside")) for page in reader.pages] == [True] * len(reader.pages)


def test_a_fingerprint_is_cut_as_people_compare_it() -> None:
    """Groups of four, eight on a line; words are no fingerprint."""
    assert grouped("0123456789abcdef" * 4) == ["0123 4567 89ab cdef 0123 4567 89ab cdef"] * 2
    assert is_hexadecimal("0123 4567 89ab")
    assert not is_hexadecimal("Natsuin Demo CA")


def test_without_fonts_nothing_is_printed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The operator is told which package to install."""
    monkeypatch.setattr(paper, "FONTS", tmp_path)
    with pytest.raises(FontsMissing, match="fonts-morisawa-bizud-gothic"):
        Paper("t", author="a", subject="s", now=NOW)
