"""What may be signed: a PDF (ISO 32000-1) that is whole, open and small enough; everything else is refused with a sentence."""

import unicodedata
from dataclasses import dataclass
from io import BytesIO

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation import read_certification_data

from demo.relying.words import Words

MAX_PDF_BYTES = 10_000_000
MAX_TOGETHER_BYTES = 20_000_000  # what the signing service takes with one request, to be opened by the signer
MOST_DOCUMENTS = 100  # of one request, whatever a signer's key allows
MAX_LABEL_CHARACTERS = 100  # the longest label that the signing service shows
HEADER_WITHIN_BYTES = 1024  # ISO 32000-1, annex H, implementation note 13


class UploadRefused(Exception):
    """This file will not be signed; `words` say why and what to do, `status` is the HTTP status that fits."""

    def __init__(self, words: Words, status: int = 422) -> None:
        super().__init__(words.en)
        self.words = words
        self.status = status

    def of(self, name: str) -> "UploadRefused":
        """Say which of several files it is about."""
        return UploadRefused(Words(f"「{name}」：{self.words.ja}", f"“{name}”: {self.words.en}"), self.status)


TOO_LARGE = UploadRefused(
    Words(
        "このファイルは 10 MB を超えています。10 MB までの PDF を選んでください。",
        "This file is larger than 10 MB. Choose a PDF of up to 10 MB.",
    ),
    413,
)
TOO_LARGE_TOGETHER = UploadRefused(
    Words(
        "選んだファイルが合わせて 20 MB を超えています。分けて依頼してください。",
        "The files are larger than 20 MB together. Ask in smaller groups.",
    ),
    413,
)
TOO_MANY_FILES = UploadRefused(
    Words(
        f"一度に依頼できるのは {MOST_DOCUMENTS} 件までです。分けて依頼してください。",
        f"At most {MOST_DOCUMENTS} documents go into one request. Ask in smaller groups.",
    ),
    413,
)
NO_FILE = UploadRefused(Words("署名する PDF を選んでください。", "Choose the PDF that is to be signed."))
NOT_A_PDF = UploadRefused(
    Words("このファイルは PDF ではありません。PDF を選んでください。", "This file is not a PDF. Choose a PDF."),
    415,
)
ENCRYPTED = UploadRefused(
    Words(
        "この PDF は暗号化されています。パスワードや制限を外してから、もう一度選んでください。",
        "This PDF is encrypted. Remove its password or restrictions, then choose it again.",
    )
)
BROKEN = UploadRefused(
    Words(
        "この PDF は壊れていて読み取れません。もとのソフトウェアで保存し直してから、もう一度選んでください。",
        "This PDF is damaged and can't be read. Save it anew in the program that made it, then choose it again.",
    )
)
CLOSED = UploadRefused(
    Words(
        "この PDF は、あとからの署名を認めない設定で署名されています。署名前のファイルを選んでください。",
        "This PDF was certified against any later signature. Choose the file from before it was certified.",
    )
)


@dataclass(frozen=True)
class Document:
    """A PDF that can be signed."""

    pdf: bytes
    name: str
    pages: int


def inspect(pdf: bytes, name: str) -> Document:
    """
    Check an uploaded file.

    Raises:
        UploadRefused: too large, not a PDF, encrypted, damaged, or closed to further signatures.
    """
    if not pdf:
        raise NO_FILE
    if len(pdf) > MAX_PDF_BYTES:
        raise TOO_LARGE
    if b"%PDF-" not in pdf[:HEADER_WITHIN_BYTES]:
        raise NOT_A_PDF
    try:
        pages, is_encrypted, is_closed = _read(pdf)
    except Exception as failure:  # whatever a stranger's bytes make the parser raise, the answer is a refusal
        raise BROKEN from failure
    if is_encrypted:
        raise ENCRYPTED
    if is_closed:
        raise CLOSED
    return Document(pdf, clean_label(name) or "document.pdf", pages)


def _read(pdf: bytes) -> tuple[int, bool, bool]:
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    reader = writer.prev
    if reader.encrypted:
        return 0, True, False
    pages = int(reader.root["/Pages"]["/Count"])
    for index in {0, pages - 1}:
        page, _ = writer.find_page_for_modification(index)  # type: ignore[no-untyped-call]
        if page.get_object()["/Type"] != "/Page":
            raise ValueError("a page that is no page")
    certified = read_certification_data(reader)
    return pages, False, certified is not None and certified.permission is MDPPerm.NO_CHANGES


def clean_label(text: str) -> str:
    """Make one plain line of a text: NFC, no control, bidi or zero-width characters, at most 100 characters, the middle left out."""
    plain = "".join(
        character if unicodedata.category(character)[0] != "C" else " " if character in "\t\r\n" else ""
        for character in unicodedata.normalize("NFC", text)
    )
    plain = " ".join(plain.split())
    if len(plain) > MAX_LABEL_CHARACTERS:
        plain = f"{plain[:60]}…{plain[-39:]}"
    return plain
