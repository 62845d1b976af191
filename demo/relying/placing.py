"""
Where the seal stands: a page, and millimetres from its upper left corner as people see it; and the same in the PDF's own coordinates.

Pages may be turned, cut and scaled (ISO 32000-1 §14.11.2, table 30 `Rotate`, `CropBox`, `UserUnit`).
"""

from io import BytesIO
from typing import Any

import msgspec
from pyhanko.pdf_utils.reader import PdfFileReader

from demo.relying.seal import stamp_style
from natsuin.pdf import Appearance

MM_PER_POINT = 25.4 / 72
SMALLEST_MM, LARGEST_MM = 8.0, 60.0
USUAL_MM = 18.0
FROM_EDGE_MM = 25.0
FARTHEST_MM = 5080.0  # the largest page of PDF
DEEPEST = 100  # levels of a page tree
LETTER = (0.0, 0.0, 612.0, 792.0)
FIRST, LAST = 1, -1


class Place(msgspec.Struct, frozen=True):
    """`page` is counted from 1; -1 is the last one, of each document."""

    page: int
    left_mm: float
    top_mm: float
    size_mm: float


class Sheet(msgspec.Struct, frozen=True):
    """One page: what of it is seen, in points before turning, and how it is turned (degrees, clockwise)."""

    left: float
    bottom: float
    right: float
    top: float
    turned: int
    unit: float

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height as seen."""
        wide, high = ((side * self.unit * MM_PER_POINT) for side in (self.right - self.left, self.top - self.bottom))
        return (high, wide) if self.turned in (90, 270) else (wide, high)


def usual_place(sheet: Sheet) -> Place:
    """Where a seal goes if nobody says otherwise: at the lower right, on the last page."""
    wide, high = sheet.size_mm
    return Place(LAST, max(0.0, wide - FROM_EDGE_MM - USUAL_MM), max(0.0, high - FROM_EDGE_MM - USUAL_MM), USUAL_MM)


def read_sheet(pdf: bytes, page: int) -> Sheet:
    """Read how a page is seen."""
    reader = PdfFileReader(BytesIO(pdf))
    index = int(reader.root["/Pages"]["/Count"]) - 1 if page == LAST else page - 1
    ref, _ = reader.find_page_for_modification(index)  # type: ignore[no-untyped-call]
    found = ref.get_object()
    media = _box(_inherited(found, "/MediaBox"), LETTER)
    crop = _box(_inherited(found, "/CropBox"), media)
    left, bottom, right, top = max(crop[0], media[0]), max(crop[1], media[1]), min(crop[2], media[2]), min(crop[3], media[3])
    if right <= left or top <= bottom:
        left, bottom, right, top = media
    return Sheet(left, bottom, right, top, int(_inherited(found, "/Rotate") or 0) % 360, float(found.get("/UserUnit", 1)))


def appearance_at(place: Place, pdf: bytes, text: str) -> Appearance:
    """Give what the PDF is prepared with: the seal, wholly on the page; raises SealImpossible."""
    sheet = read_sheet(pdf, place.page)
    wide, high = sheet.size_mm
    size = min(place.size_mm, wide, high)
    u, v, side = (
        mm / MM_PER_POINT / sheet.unit for mm in (min(max(place.left_mm, 0), wide - size), min(max(place.top_mm, 0), high - size), size)
    )
    corners = {
        0: (sheet.left + u, sheet.top - v - side),
        90: (sheet.left + v, sheet.bottom + u),
        180: (sheet.right - u - side, sheet.bottom + v),
        270: (sheet.right - v - side, sheet.top - u - side),
    }
    x, y = corners[sheet.turned]
    page = place.page if place.page == LAST else place.page - 1
    whole = int(side)  # a square, or else the seal would be smaller than its box
    return Appearance(page, (round(x), round(y), round(x) + whole, round(y) + whole), stamp_style(text, sheet.turned))


def _inherited(page: Any, name: str) -> Any:
    for _ in range(DEEPEST):
        if name in page:
            return page[name]
        if "/Parent" not in page:
            return None
        page = page["/Parent"]
    raise ValueError("a page tree without an end")


def _box(found: Any, default: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    if found is None:
        return default
    x1, y1, x2, y2 = (float(number) for number in found)
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)
