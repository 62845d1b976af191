"""The documents of a request, followed from the file to the hash that will be signed; nothing is shown here."""

import base64
import hashlib
import re
from typing import Annotated

import msgspec
from asn1crypto import cms

from demo.phone.errors import TransactionRefused

HASHES = {"2.16.840.1.101.3.4.2.1": "sha256", "2.16.840.1.101.3.4.2.2": "sha384", "2.16.840.1.101.3.4.2.3": "sha512"}
HOLE = re.compile(rb"<0*>\Z")

Offset = Annotated[int, msgspec.Meta(ge=0)]


class Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a file leads to the hash: its digest, over all but the hole, and the signed attributes that hold it; both in base64."""

    media_type: str
    digest: str
    byte_range: tuple[Offset, Offset, Offset, Offset] | None = None
    signed_attributes: str | None = None


def check_content(file: bytes, content: Content, signed: str, hash_algorithm: str) -> None:
    """
    See that this file is what will be signed; `signed` is the hash in base64.

    Raises:
        TransactionRefused: it is another one, or is not what the transaction says.
    """
    try:
        name = HASHES[hash_algorithm]
        digest = hashlib.new(name, _covered(file, content)).digest()
        reached = digest
        if content.signed_attributes is not None:
            der = base64.b64decode(content.signed_attributes, validate=True)
            reached = hashlib.new(name, der).digest() if _message_digest(der) == digest else b""
        same = digest == base64.b64decode(content.digest, validate=True) and reached == base64.b64decode(signed, validate=True)
    except (KeyError, ValueError, TypeError) as error:
        raise TransactionRefused("what is said of a document cannot be read") from error
    if not same:
        raise TransactionRefused("this is not the document that would be signed")


def _covered(file: bytes, content: Content) -> bytes:
    if content.byte_range is None:
        return file
    start, before, after, rest = content.byte_range
    if start or not before < after or after + rest != len(file) or HOLE.match(file[before:after]) is None:
        raise ValueError("not one hole with nothing in it")
    return file[:before] + file[after:]


def _message_digest(der: bytes) -> bytes:
    attributes = cms.CMSAttributes.load(der, strict=True)
    if attributes.dump(force=True) != der:
        raise ValueError("not in DER")
    (digest,) = (value.native for one in attributes if one["type"].native == "message_digest" for value in one["values"])
    return bytes(digest)
