"""
What has to be kept of prepared PDFs, so that a signature whose request outlived this program can still be put into them.

Nothing of it is secret: certificates, digests, where the holes are. The files themselves lie beside it.
"""

from collections.abc import Sequence

import msgspec
from asn1crypto import cms
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest

from natsuin.client import Credential
from natsuin.pdf import PreparedPdf


class Hole(msgspec.Struct, frozen=True):
    """Of one file: the digest of what is around the hole, where it begins and ends, and the signed attributes."""

    name: str
    digest: bytes
    start: int
    end: int
    attributes: bytes


class Kept(msgspec.Struct, frozen=True):
    """Of one request."""

    credential: Credential
    digest_algorithm: str
    prefer_pss: bool
    holes: tuple[Hole, ...]


def keep(prepared: Sequence[PreparedPdf]) -> bytes:
    """Write it down, without the files."""
    holes = [
        Hole(one.name, one.hole.document_digest, one.hole.reserved_region_start, one.hole.reserved_region_end, one.attributes.dump())
        for one in prepared
    ]
    first = prepared[0]
    return msgspec.json.encode(Kept(first.credential, first.digest_algorithm, first.prefer_pss, tuple(holes)))


def restore(kept: bytes, files: Sequence[bytes]) -> list[PreparedPdf]:
    """Give what was kept, with its files."""
    read = msgspec.json.decode(kept, type=Kept)
    return [
        PreparedPdf(
            hole.name,
            file,
            read.credential,
            read.digest_algorithm,
            read.prefer_pss,
            PreparedByteRangeDigest(hole.digest, hole.start, hole.end),
            cms.CMSAttributes.load(hole.attributes),
        )
        for hole, file in zip(read.holes, files, strict=True)
    ]
