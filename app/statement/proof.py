"""
Whether a statement is what the SAM signed: its signature (JWS, RFC 7515, ES256), and each entry's place in the tree (RFC 9162 §2.1.3.2).

It asks nobody. What the entries say is read elsewhere.
"""

import base64
import binascii
import hashlib

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.errors import StatementRefused
from hsm.messages import Header, Jws, ProvenEntry, Statement, canonical

COORDINATE_BYTES = 32


def read_statements(parts: list[bytes], key_sha256: str | None) -> list[Statement]:
    """
    Check the parts of one enrolment's statement, in their order, and give what they say.

    `key_sha256` is the SAM's key for statements, by its SHA-256 in hex; without it, who signed them is not looked at.

    Raises:
        StatementRefused: one is not what the SAM signed, or one is missing or twice.
    """
    found = [_read(part, key_sha256) for part in parts]
    if not found:
        raise StatementRefused("there is no statement in it")
    place, total = found[0].first, found[-1].total
    for one in found:
        if one.enrollment_id != found[0].enrollment_id or one.first != place:
            raise StatementRefused("its parts do not follow each other")
        place += len(one.entries)
    numbers = [entry.number for one in found for entry in one.entries]
    if numbers != sorted(set(numbers)) or (numbers and place > total):
        raise StatementRefused("its entries do not follow each other")
    return found


def _read(part: bytes, key_sha256: str | None) -> Statement:
    try:
        jws = msgspec.json.decode(part, type=Jws)
        protected, payload = _unb64(jws.protected), _unb64(jws.payload)
        header = msgspec.json.decode(protected, type=Header)
        statement = msgspec.json.decode(payload, type=Statement)
        key = _key(header)
        _verify(key, jws)
    except (ValueError, binascii.Error, InvalidSignature) as error:
        raise StatementRefused(f"not a statement, or one that was changed ({type(error).__name__})") from None
    if key_sha256 is not None and _fingerprint(key) != key_sha256:
        raise StatementRefused(f"signed with another key, {_fingerprint(key)}")
    if canonical(statement) != payload:
        raise StatementRefused("not in canonical form")
    for entry in statement.entries:
        if root_from(entry, statement.tree.size).hex() != statement.tree.root_sha256:
            raise StatementRefused(f"entry {entry.number} is not in the journal's tree")
    return statement


def key_sha256_of(part: bytes) -> str:
    """Say which key a part claims to be signed with; raises ValueError where it claims nothing."""
    return msgspec.json.decode(_unb64(msgspec.json.decode(part, type=Jws).protected), type=Header).kid


def root_from(entry: ProvenEntry, size: int) -> bytes:
    """Compute the root of a tree of `size` leaves from one of them and its audit path; raises StatementRefused where they do not fit."""
    node, place, last = hashlib.sha256(b"\x00" + entry.entry).digest(), entry.number, size - 1
    if not 0 <= place <= last:
        raise StatementRefused(f"entry {entry.number} is beyond the journal's tree")
    for sibling in entry.path:
        if last == 0:
            raise StatementRefused(f"the path of entry {entry.number} is too long")
        if place & 1 or place == last:
            node = hashlib.sha256(b"\x01" + sibling + node).digest()
            while not place & 1:
                place, last = place >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\x01" + node + sibling).digest()
        place, last = place >> 1, last >> 1
    if last != 0:
        raise StatementRefused(f"the path of entry {entry.number} is too short")
    return node


def _verify(key: ec.EllipticCurvePublicKey, jws: Jws) -> None:
    raw = _unb64(jws.signature)
    if len(raw) != 2 * COORDINATE_BYTES:
        raise ValueError("not a signature")
    signature = utils.encode_dss_signature(*(int.from_bytes(half) for half in (raw[:COORDINATE_BYTES], raw[COORDINATE_BYTES:])))
    key.verify(signature, f"{jws.protected}.{jws.payload}".encode(), ec.ECDSA(hashes.SHA256()))


def _key(header: Header) -> ec.EllipticCurvePublicKey:
    x, y = (int.from_bytes(_unb64(one)) for one in (header.jwk.x, header.jwk.y))
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    if _fingerprint(key) != header.kid:
        raise ValueError("the key is not the one that is named")
    return key


def _fingerprint(key: ec.EllipticCurvePublicKey) -> str:
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _unb64(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
