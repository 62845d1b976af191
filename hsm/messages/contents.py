"""
What a transaction says of a document that its signer can open: how its bytes lead to the hash that the key signs.

A file's bytes are in no transaction; whoever has the file computes `digest` and compares. The SAM never has it: it checks the rest of
the way.
"""

import hashlib
from typing import Annotated, Literal

from msgspec import Meta, Struct

from hsm.messages.signed_attributes import MAX_SIGNED_ATTRIBUTES_BYTES, NotSignedAttributes, message_digest
from hsm.messages.types import Digest

HASH_NAMES = {"2.16.840.1.101.3.4.2.1": "sha256", "2.16.840.1.101.3.4.2.2": "sha384", "2.16.840.1.101.3.4.2.3": "sha512"}
MAX_FILE_BYTES = 10_000_000

Offset = Annotated[int, Meta(ge=0, le=MAX_FILE_BYTES)]
MediaType = Literal["application/pdf", "text/plain"]


class Content(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """
    The signer's file: `digest` is by the transaction's hash algorithm, of all of it or, with `byte_range`, all but a PDF signature's hole.

    `signed_attributes` (DER of the SET OF, RFC 5652 §5.4) hold that digest, and what is signed is their hash; without them, `digest`.
    """

    media_type: MediaType
    digest: Digest
    byte_range: tuple[Offset, Offset, Offset, Offset] | None = None
    signed_attributes: Annotated[bytes, Meta(min_length=1, max_length=MAX_SIGNED_ATTRIBUTES_BYTES)] | None = None


class NotBound(ValueError):
    """The content does not lead to the hash beside it."""


def require_bound(content: Content, hash_algorithm: str, signed: bytes) -> None:
    """
    Refuse a content that does not lead to the hash that is signed.

    Raises:
        NotBound: the digest is not that of the signed attributes, the hash is not theirs, or there is no such byte range (ISO 32000-1
            §12.8.1).
    """
    if content.byte_range is not None:
        start, before, after, rest = content.byte_range
        if content.media_type != "application/pdf" or content.signed_attributes is None:
            raise NotBound("byteRange is for a PDF with signedAttributes")
        if start or not 0 < before < after or not rest or after + rest > MAX_FILE_BYTES:
            raise NotBound("byteRange is not [0, b, c, d] around one hole")
    if content.signed_attributes is None:
        if content.digest != signed:
            raise NotBound("the hash is not the digest of the content")
        return
    try:
        named = message_digest(content.signed_attributes)
    except NotSignedAttributes as error:
        raise NotBound(f"signedAttributes: {error}") from None
    if named != content.digest:
        raise NotBound("messageDigest is not the digest of the content")
    if hash_algorithm not in HASH_NAMES or hashlib.new(HASH_NAMES[hash_algorithm], content.signed_attributes).digest() != signed:
        raise NotBound("the hash is not the digest of signedAttributes")
