"""
`documents` of `credentials/authorize`, a field of ours: the files themselves, so that the signer can open what is to be signed.

Each must lead to the hash beside it: whole file or byte range, its digest in the signed attributes, their digest the hash. What the file
shows is looked at nowhere here.
"""

import base64
import binascii
import hashlib
import re
from typing import Any

import msgspec

from app.csc.body import Body
from app.domain.document import Upload
from app.errors import BadParameter
from hsm.messages import MAX_FILE_BYTES, Content, NotBound, require_bound

MAX_FILES_BYTES = 20_000_000
MAX_ALL_ATTRIBUTES_BYTES = 75_000  # so that a transaction of a hundred documents stays within its own limit
DIGESTS = {"2.16.840.1.101.3.4.2.1": "sha256", "2.16.840.1.101.3.4.2.2": "sha384", "2.16.840.1.101.3.4.2.3": "sha512"}
FIELDS = frozenset({"content", "mediaType", "byteRange", "signedAttributes"})
HEADER_WITHIN_BYTES = 1_024  # ISO 32000-1, annex H, implementation note 13
HOLE = re.compile(rb"<0*>\Z")
BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s*\]")


class Wrong(ValueError):
    """This document can't be taken; the text says why."""


def read_documents(body: Body, hash_algorithm: str, hashes: tuple[bytes, ...]) -> tuple[Upload | None, ...]:
    """
    Read the files, one for each hash; None where the application keeps it to itself.

    Raises:
        BadParameter: there are fewer or more than hashes, too many bytes, or one does not lead to its hash; the text says which and why.
    """
    given = body.list_where_given("documents")
    if given is None:
        return (None,) * len(hashes)
    if len(given) != len(hashes):
        raise BadParameter("Invalid parameter documents: there must be one for each hash, or null")
    uploads = tuple(
        _upload(number, one, hash_algorithm, signed) if one is not None and not is_for_sign_doc(one) else None
        for number, (one, signed) in enumerate(zip(given, hashes, strict=True))
    )
    taken = [one for one in uploads if one is not None]
    if sum(len(one.file) for one in taken) > MAX_FILES_BYTES:
        raise BadParameter(f"Invalid parameter documents: together they may have {MAX_FILES_BYTES} bytes")
    if sum(len(one.content.signed_attributes or b"") for one in taken) > MAX_ALL_ATTRIBUTES_BYTES:
        raise BadParameter(f"Invalid parameter documents: all signedAttributes together may have {MAX_ALL_ATTRIBUTES_BYTES} bytes")
    return uploads


def is_for_sign_doc(given: object) -> bool:
    """These become something that the signer can open in `prepare`."""
    return isinstance(given, dict) and "signature_format" in given


def _upload(number: int, given: object, hash_algorithm: str, signed: bytes) -> Upload:
    try:
        if not isinstance(given, dict) or not given.keys() <= FIELDS:
            raise Wrong(f"an object of {', '.join(sorted(FIELDS))}, or null")
        return _read(given, hash_algorithm, signed)
    except (Wrong, NotBound) as wrong:
        raise BadParameter(f"Invalid parameter documents[{number}]: {wrong}") from None


def _read(given: dict[str, Any], hash_algorithm: str, signed: bytes) -> Upload:
    file = _bytes(given, "content")
    if len(file) > MAX_FILE_BYTES:
        raise Wrong(f"a file may have {MAX_FILE_BYTES} bytes")
    byte_range = given.get("byteRange")
    fields = {
        "media_type": given.get("mediaType"),
        "digest": hashlib.new(DIGESTS[hash_algorithm], covered(file, byte_range)).digest(),
        "byte_range": byte_range,
        "signed_attributes": _bytes(given, "signedAttributes") if given.get("signedAttributes") is not None else None,
    }
    try:
        content = msgspec.convert(fields, Content)
    except msgspec.ValidationError:
        raise Wrong("mediaType must be application/pdf or text/plain, signedAttributes at most 4000 bytes") from None
    require_bound(content, hash_algorithm, signed)
    require_kind(content.media_type, file)
    return Upload(content, file)


def covered(file: bytes, byte_range: object) -> bytes:
    """
    Give what a digest over this byte range is of; all of the file where there is none.

    The hole holds zeros only and nothing else is left out, so that the file that is shown is the one that will be signed, but for these
    digits. And the file names this range itself, once: over the same bytes with the hole elsewhere the digest would be the same.
    """
    if byte_range is None:
        return file
    if not isinstance(byte_range, list) or len(byte_range) != 4 or not all(type(one) is int for one in byte_range):
        raise Wrong("byteRange is not [0, b, c, d] around one hole")
    start, before, after, rest = byte_range
    if start or not 0 < before < after or rest < 1 or after + rest != len(file):
        raise Wrong("byteRange is not [0, b, c, d] around one hole, to the end of the file")
    if HOLE.match(file[before:after]) is None:
        raise Wrong("the hole must be <, zeros, >")
    named = [tuple(map(int, found)) for found in BYTE_RANGE.findall(file)]
    others = [one for one in named if one != tuple(byte_range)]
    if len(named) - len(others) != 1 or any(one[2] + one[3] > before for one in others):
        raise Wrong("the file must name this byteRange, once, and beside it those of earlier signatures only")
    return file[:before] + file[after:]


def require_kind(media_type: str, file: bytes) -> None:
    """Refuse a file that is evidently not of its kind; raises Wrong."""
    if media_type == "application/pdf":
        if b"%PDF-" not in file[:HEADER_WITHIN_BYTES]:
            raise Wrong("the file is not a PDF")
        return
    try:
        file.decode()
    except UnicodeDecodeError:
        raise Wrong("a text must be in UTF-8") from None


def _bytes(given: dict[str, Any], name: str) -> bytes:
    value = given.get(name)
    try:
        if not isinstance(value, str) or not value:
            raise Wrong(f"{name} must be in base64")
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Wrong(f"{name} must be in base64") from None
