"""The seal: drawn where it was placed, upright on every kind of page, seen by a foreign renderer; and the name that stands on it."""

import asyncio
import subprocess
from io import BytesIO
from pathlib import Path

import pypdf
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image, ImageChops, ImageStat
from pypdf.generic import FloatObject, NameObject, RectangleObject

from demo.relying import seal
from demo.relying.placing import FIRST, LAST, Place, appearance_at, read_sheet, usual_place
from demo.relying.seal import SealImpossible, draw_svg, name_on_seal
from natsuin.client import AsyncClient
from natsuin.pdf import ask_for, prepare
from tests.demo.relying_service import APPLICATION, Service, both_verdicts

PER_MM = 4  # pixels
MARGIN_MM = 0.6  # the seal's box is in whole points


def blank(*, turned: int = 0, cut: bool = False, unit: float = 1, pages: int = 1) -> bytes:
    """Make a PDF of blank pages of 100 by 150 mm (before `unit`)."""
    writer = pypdf.PdfWriter()
    for _ in range(pages):
        page = writer.add_blank_page(100 * 72 / 25.4, 150 * 72 / 25.4)
        page.rotate(turned)
        if cut:
            page[NameObject("/CropBox")] = RectangleObject((60, 40, 240, 400))
        if unit != 1:
            page[NameObject("/UserUnit")] = FloatObject(unit)
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def red_box_mm(pdf: bytes, directory: Path, *, page: int = 1) -> tuple[float, float, float, float] | None:
    """Say where poppler paints red on a page: left, top, right, bottom; None where it does not."""
    (directory / "seen.pdf").write_bytes(pdf)
    command = ["pdftoppm", "-r", str(PER_MM * 25.4), "-cropbox", "-png", "-singlefile", "-f", str(page), "seen.pdf", "seen"]
    subprocess.run(command, cwd=directory, check=True, timeout=60)
    with Image.open(directory / "seen.png") as seen:
        red, green, blue = seen.convert("RGB").split()
        mask = Image.eval(red, lambda value: 255 if value > 150 else 0)
        for other in (green, blue):
            mask = Image.composite(mask, Image.new("L", mask.size), Image.eval(other, lambda value: 255 if value < 120 else 0))
        box = mask.getbbox()
    return None if box is None else (box[0] / PER_MM, box[1] / PER_MM, box[2] / PER_MM, box[3] / PER_MM)


def difference(one: Image.Image, other: Image.Image) -> float:
    return float(ImageStat.Stat(ImageChops.difference(one, other)).mean[0])


async def signed_at(service: Service, pdf: bytes, place: Place) -> bytes:
    async with AsyncClient(service.origin, APPLICATION, patience_s=1) as client:
        credential = await client.credential_of("taro")
        made = await asyncio.to_thread(prepare, pdf, credential, name="x.pdf", appearance=appearance_at(place, pdf, "山田"))
        (signature,) = await client.sign(ask_for([made]), on_asked=lambda _: None)
    return await asyncio.to_thread(made.finish, signature)


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
@pytest.mark.parametrize("cut", [False, True])
def test_the_seal_is_where_it_was_placed_and_the_signature_is_valid(turned: int, cut: bool, tmp_path: Path) -> None:
    """However the page is turned and cut: the place is measured on the page as people see it."""

    async def run() -> None:
        async with Service(ec.generate_private_key(ec.SECP256R1())) as service:
            pdf = blank(turned=turned, cut=cut)
            signed = await signed_at(service, pdf, Place(FIRST, 12, 25, 20))
            assert red_box_mm(pdf, tmp_path) is None
            found = red_box_mm(signed, tmp_path)
            assert found == pytest.approx((12, 25, 32, 45), abs=MARGIN_MM + 20 * 0.01)
            assert [verdict.accepted for verdict in await both_verdicts(service, signed)] == [True, True]

    asyncio.run(run())


def test_the_seal_stands_upright_on_a_turned_page(tmp_path: Path) -> None:
    """What poppler paints is the same picture, however the page is turned."""

    async def run() -> None:
        async with Service(ec.generate_private_key(ec.SECP256R1())) as service:
            pictures = []
            for turned in (0, 90, 180, 270):
                assert red_box_mm(await signed_at(service, blank(turned=turned), Place(FIRST, 12, 25, 40)), tmp_path) is not None
                with Image.open(tmp_path / "seen.png") as seen:
                    part = seen.convert("L").crop((12 * PER_MM, 25 * PER_MM, 52 * PER_MM, 65 * PER_MM))
                    pictures.append(part.resize((8, 8), Image.Resampling.BOX))
        upright, *others = pictures
        for other in others:
            assert difference(upright, other) < 8
        for degrees in (90, 180, 270):  # so that the measure tells one from the other
            assert difference(upright, upright.rotate(degrees)) > 8

    asyncio.run(run())


def test_the_same_seal_is_on_the_last_page_only(tmp_path: Path) -> None:
    async def run() -> None:
        async with Service(ec.generate_private_key(ec.SECP256R1())) as service:
            signed = await signed_at(service, blank(pages=3), Place(LAST, 12, 25, 20))
            assert [red_box_mm(signed, tmp_path, page=page) is not None for page in (1, 2, 3)] == [False, False, True]

    asyncio.run(run())


def test_a_seal_beside_the_page_is_moved_onto_it() -> None:
    pdf = blank()
    left, bottom, right, top = appearance_at(Place(FIRST, 5000, 5000, 20), pdf, "山田").box
    assert (right, bottom) == pytest.approx((100 * 72 / 25.4, 0), abs=1)
    assert (right - left, top - bottom) == (56, 56)
    left, bottom, right, top = appearance_at(Place(FIRST, 0, 0, 60), blank(turned=90, unit=0.2), "山田").box
    assert (left, bottom, right - left) == (0, 0, 283)  # the page is 20 mm high


def test_millimetres_are_those_of_the_page_as_seen() -> None:
    assert read_sheet(blank(turned=90, unit=2), LAST).size_mm == pytest.approx((300, 200))
    place = usual_place(read_sheet(blank(), LAST))
    assert (place.left_mm, place.top_mm) == pytest.approx((57, 107))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("山田 太郎", "山田"),
        ("佐々木 花", "佐々木"),
        ("勅使河原 一", "勅使河原"),
        ("大日本帝国 一", "大日本帝"),
        ("Taro Yamada", "TY"),
        ("Plato", "P"),
    ],
)
def test_it_shows_the_family_name_or_initials(name: str, text: str) -> None:
    assert name_on_seal(name) == text
    assert draw_svg(text).count("<path") == 1


def test_a_letter_that_the_font_does_not_have_is_said() -> None:
    with pytest.raises(SealImpossible, match="\U0001f58b"):
        draw_svg("\U0001f58b")


def test_a_font_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(seal, "FONT", tmp_path / "none.ttf")
    with pytest.raises(SealImpossible, match="fonts-morisawa-bizud-gothic"):
        draw_svg("鈴木")


def test_a_long_vowel_stands_upright() -> None:
    """From top to bottom it has another form than in a line."""
    seal._outlines.cache_clear()
    upright = [point for _, points in seal._outlines("ー") for point in points]
    xs, ys = [x for x, _ in upright], [y for _, y in upright]
    assert max(ys) - min(ys) > max(xs) - min(xs)
