"""The phone without a screen follows a file to the hash, and refuses each step that is another's."""

from collections.abc import Callable

import msgspec
import pytest

from demo.phone.contents import Content, check_content
from demo.phone.errors import TransactionRefused
from tests.flow.wire import b64
from tests.harness.contents import pdf, text

SHA256 = "2.16.840.1.101.3.4.2.1"
PDF = pdf()
SAID = msgspec.convert(msgspec.to_builtins(PDF.document().content), Content)


def changed(**fields: object) -> Content:
    return msgspec.structs.replace(SAID, **fields)


def test_the_right_file_passes() -> None:
    """A PDF over its signed attributes, and a text whose own digest is signed."""
    check_content(PDF.file, SAID, b64(PDF.digest), SHA256)
    check_content(text().file, msgspec.convert(msgspec.to_builtins(text().document().content), Content), b64(text().digest), SHA256)


WRONG: dict[str, Callable[[], tuple[bytes, Content, str]]] = {
    "another file": lambda: (PDF.file.replace(b"118", b"119"), SAID, b64(PDF.digest)),
    "something in the hole": lambda: (PDF.file.replace(b"<00", b"<01"), SAID, b64(PDF.digest)),
    "something behind": lambda: (PDF.file + b"\n", SAID, b64(PDF.digest)),
    "another hash": lambda: (PDF.file, SAID, b64(bytes(32))),
    "another digest": lambda: (PDF.file, changed(digest=b64(bytes(32))), b64(PDF.digest)),
    "no attributes": lambda: (PDF.file, changed(signed_attributes=None), b64(PDF.digest)),
    "another file's attributes": lambda: (
        PDF.file,
        changed(signed_attributes=b64(pdf("x").signed_attributes or b"")),
        b64(pdf("x").digest),
    ),
    "attributes that are none": lambda: (PDF.file, changed(signed_attributes=b64(b"\x31\x00")), b64(PDF.digest)),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_file_that_is_not_what_would_be_signed_is_refused(case: str) -> None:
    """Nothing is approved then."""
    file, content, signed = WRONG[case]()
    with pytest.raises(TransactionRefused):
        check_content(file, content, signed, SHA256)
