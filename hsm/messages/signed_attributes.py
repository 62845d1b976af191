"""
The signed attributes of a CMS signature (RFC 5652 §5.3, §11), read as strictly as DER allows, for the one digest that they hold.

What a key signs over a document is their digest, so they are what ties a hash to the document. Both doors read them here; what other
attributes say is not looked at, and no certificate.
"""

import hashlib

MAX_SIGNED_ATTRIBUTES_BYTES = 4_000
CONTENT_TYPE = bytes.fromhex("06092a864886f70d010903")  # 1.2.840.113549.1.9.3
MESSAGE_DIGEST = bytes.fromhex("06092a864886f70d010904")  # 1.2.840.113549.1.9.4
ID_DATA = bytes.fromhex("06092a864886f70d010701")  # 1.2.840.113549.1.7.1; what PAdES asks (ETSI EN 319 142-1 §5.3 b)
SIGNING_CERTIFICATE = bytes.fromhex("060b2a864886f70d010910022f")  # 1.2.840.113549.1.9.16.2.47, RFC 5035
BARE = frozenset({CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_CERTIFICATE})
"""What attributes may hold that nobody was shown: which content, and whose certificate. No policy, no commitment, no time."""
SET, SEQUENCE, OCTET_STRING, OBJECT_IDENTIFIER = 0x31, 0x30, 0x04, 0x06


class NotSignedAttributes(ValueError):
    """The bytes are no signed attributes in DER, or do not say which content they are of."""


def message_digest(der: bytes) -> bytes:
    """
    Give the digest of the content that these attributes are of.

    Raises:
        NotSignedAttributes: no SET OF Attribute in DER, an attribute twice, or contentType and messageDigest are not as RFC 5652 §11 has
            them.
    """
    if len(der) > MAX_SIGNED_ATTRIBUTES_BYTES:
        raise NotSignedAttributes("too long")
    found = _attributes(der)
    if found.get(CONTENT_TYPE) != ID_DATA:
        raise NotSignedAttributes("contentType is not id-data")
    (digest,) = _elements(found.get(MESSAGE_DIGEST, b""), count=1)
    return _content(digest, OCTET_STRING)


def digests_to_sign(documents: tuple[bytes, ...], attributes: tuple[bytes, ...], hash_name: str) -> tuple[bytes, ...]:
    """
    Give what a key signs where the digests of documents were approved: the digest of the attributes beside each, which name it.

    Raises:
        NotSignedAttributes: there are not as many, or one names another digest, or says more than that.
    """
    if len(attributes) != len(documents):
        raise NotSignedAttributes("not one for each document")
    for der, document in zip(attributes, documents, strict=True):
        if message_digest(der) != document:
            raise NotSignedAttributes("of another document")
        if not _attributes(der).keys() <= BARE:
            raise NotSignedAttributes("an attribute that nobody was shown")
    return tuple(hashlib.new(hash_name, der).digest() for der in attributes)


def _attributes(der: bytes) -> dict[bytes, bytes]:
    """Give the content of each attribute's values by its type, both in DER."""
    (attributes,) = _elements(der, count=1)
    members = _elements(_content(attributes, SET))
    if members != sorted(members):
        raise NotSignedAttributes("the set is not in DER's order")
    found: dict[bytes, bytes] = {}
    for member in members:
        kind, values = _elements(_content(member, SEQUENCE), count=2)
        _content(kind, OBJECT_IDENTIFIER)
        if kind in found:
            raise NotSignedAttributes("an attribute twice")
        found[kind] = _content(values, SET)
    return found


def _elements(data: bytes, count: int | None = None) -> list[bytes]:
    """Cut a sequence of DER elements apart; each length is definite and in its shortest form."""
    elements, start = [], 0
    while start < len(data):
        end = start + sum(_head(data[start:]))
        if end > len(data):
            raise NotSignedAttributes("cut off")
        elements.append(data[start:end])
        start = end
    if count is not None and len(elements) != count:
        raise NotSignedAttributes("more or fewer elements than there must be")
    return elements


def _head(data: bytes) -> tuple[int, int]:
    """Give the lengths of an element's head and of its content."""
    if len(data) < 2:
        raise NotSignedAttributes("cut off")
    first = data[1]
    if first < 0x80:
        return 2, first
    size = first & 0x7F
    length = int.from_bytes(data[2 : 2 + size])
    if size not in (1, 2) or len(data) < 2 + size or length < (0x80, 0x100)[size - 1]:
        raise NotSignedAttributes("a length that is not in DER's form")
    return 2 + size, length


def _content(element: bytes, tag: int) -> bytes:
    if element[0] != tag:
        raise NotSignedAttributes("another element than there must be")
    return element[_head(element)[0] :]
