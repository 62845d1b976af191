"""The letter: what is on the paper can be read by people and phones, on one sheet, and nothing runs into anything else."""

import base64
import hashlib
import itertools
import re
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from demo.ca.applications import CODE_LIFE, LONGEST_URL, Application, Issued
from demo.ca.code import new_code, read_code
from demo.ca.errors import ApplicationRefused
from demo.ca.letter import check_printable, make_letter
from tests.demo.ca_desk import START, Desk, certificate_of, make_csr
from tests.demo.ca_letter import read_letter

LINK = "https://sign.example.jp/enroll"


def issued(**changes: str) -> Issued:
    said = {
        "user_id": "hanako@example.jp",
        "name": "髙﨑 花子",
        "postal_code": "100-0001",
        "address": "東京都千代田区千代田 1-1\nサンプル 301号室",
    }
    return Issued(new_code(), **(said | changes), expires=START + CODE_LIFE)


LONGEST = {"user_id": "W" * 64, "name": "W" * 64, "postal_code": "1" * 12, "address": "\n".join(["東" * 66] * 3)}
CASES = [({}, LINK), ({}, ""), (LONGEST, LINK + "x" * (LONGEST_URL - len(LINK))), ({"postal_code": "", "address": "", "name": "A"}, "")]


@pytest.mark.parametrize(("changes", "link"), CASES)
def test_name_code_and_link_are_on_one_sheet_with_its_own_fonts(tmp_path: Path, changes: dict[str, str], link: str) -> None:
    person, pdf = issued(**changes), tmp_path / "letter.pdf"
    pdf.write_bytes(make_letter(person, link, START))
    letter = read_letter(pdf)
    assert letter.code == person.code
    assert letter.qr == (f"{link}#{person.code}" if link else None)
    squeezed = re.sub(r"\s", "", letter.text)
    for text in (person.name, person.user_id, person.postal_code, "2026年12月23日", "23December2026", link.removeprefix("https://")):
        assert re.sub(r"\s", "", text) in squeezed
    info = subprocess.run(["pdfinfo", pdf], capture_output=True, text=True, check=True, timeout=30).stdout
    assert "Pages:           1\n" in info
    assert "(A4)" in info
    fonts = subprocess.run(["pdffonts", pdf], capture_output=True, text=True, check=True, timeout=30).stdout.splitlines()[2:]
    assert len(fonts) == 3
    assert all(re.search(r"\+BIZUDP?Gothic(Bold)? .* yes yes yes ", font) for font in fonts)  # embedded, a subset, with its Unicode


@pytest.mark.parametrize(("changes", "link"), CASES)
def test_no_words_lie_on_others_and_the_address_is_in_the_window(tmp_path: Path, changes: dict[str, str], link: str) -> None:
    (tmp_path / "letter.pdf").write_bytes(make_letter(issued(**changes), link, START))
    page = subprocess.run(["pdftotext", "-bbox", "letter.pdf", "-"], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=30)
    number = r'"([\d.]+)"'
    boxes = re.findall(rf"<word xMin={number} yMin={number} xMax={number} yMax={number}>(.*)</word>", page.stdout)
    assert len(boxes) > 50
    shrunk = [(float(x0) + 1, float(y0) + 3, float(x1) - 1, float(y1) - 3, word) for x0, y0, x1, y1, word in boxes]
    for (x0, y0, x1, y1, one), (p0, q0, p1, q1, other) in itertools.combinations(shrunk, 2):
        assert x1 < p0 or p1 < x0 or y1 < q0 or q1 < y0, (one, other)
    assert all(x0 > 0 and x1 < 595 and y0 > 0 and y1 < 842 for x0, y0, x1, y1, _ in shrunk)
    heading = next(y0 for _, y0, _, _, word in shrunk if word.startswith("利用者識別符号"))
    assert max(y1 for _, _, _, y1, word in shrunk if "様" in word) < heading


@pytest.mark.parametrize("name", ["𠮷田", "한국", "a😀"])
def test_what_the_font_has_not_is_refused_before_a_code_is_made(tmp_path: Path, name: str) -> None:
    with pytest.raises(ApplicationRefused):
        check_printable(Application("x", name))
    desk = Desk(tmp_path / "ca")
    answer = desk.register(name=name, enrollment_url=LINK)
    assert answer.status_code == 400
    with desk.office.records.reading() as sql:
        assert sql.execute("SELECT count(*) FROM application").fetchone()[0] == 0


def test_a_front_office_gets_letter_and_hash_and_no_code(tmp_path: Path) -> None:
    desk, pdf = Desk(tmp_path / "ca"), tmp_path / "letter.pdf"
    answer = desk.register(enrollment_url=LINK, postal_code="100-0001", address="東京都")
    told = answer.json()
    assert (answer.status_code, told.keys()) == (201, {"letter", "code_sha256", "expires"})
    assert told["expires"] == int((START + CODE_LIFE).timestamp())
    pdf.write_bytes(base64.b64decode(told["letter"]))
    letter = read_letter(pdf)
    assert letter.qr == f"{LINK}#{letter.code}"
    letters = read_code(letter.code)
    assert hashlib.sha256(letters.encode()).hexdigest() == told["code_sha256"]
    files = [file.read_bytes() for file in desk.directory.rglob("*") if file.is_file()]
    assert not any(code.encode() in content for content in files for code in (letter.code, letters))
    certificate_of(desk.enroll(letter.code, make_csr()))


@pytest.mark.parametrize(
    "link",
    [
        "http://sign.example.jp/enroll",
        "https://sign.example.jp/enroll#",
        "https://sign.example.jp/enroll#S",
        "javascript:alert(1)",
        "https://[/",
        "https://sign.example.jp/a b",
        "https://sign.example.jp/é",
        "https://sign.example.jp/" + "S" * 100,
    ],
)
def test_an_address_that_no_code_can_be_joined_to_is_refused(tmp_path: Path, link: str) -> None:
    assert Desk(tmp_path / "ca").register(enrollment_url=link).status_code == 400


def test_a_new_letter_makes_the_old_one_worthless(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "ca")
    first, second = desk.accept(), desk.accept()
    assert desk.enroll(first, make_csr()).status_code == 401
    desk.now += timedelta(days=29)
    certificate_of(desk.enroll(second, make_csr()))
