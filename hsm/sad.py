"""
The SAD: a MAC under an HSM key over one approval. It is kept nowhere; it is computed again whenever the application collects it.

It says which approval it belongs to and until when, so that its MAC can be checked before anything in it is used. It opens one activation;
that it does so only once is the store's business.
"""

import base64
import binascii
import hmac
import struct

from msgspec import Struct

from hsm.errors import SadInvalid
from hsm.keyring import Mac

_LAYOUT = struct.Struct(">22s32sQ")  # authorization id, SHA-256 of the transaction, usable until (unix seconds)


class Sad(Struct, frozen=True):
    """What a SAD says once its MAC holds."""

    authorization_id: str
    transaction_sha256: bytes
    usable_until: int


def mint(mac: Mac, sad: Sad) -> str:
    """Make the text that the application presents (base64url, 126 characters)."""
    payload = _LAYOUT.pack(sad.authorization_id.encode(), sad.transaction_sha256, sad.usable_until)
    return _text(payload + mac(b"natsuin/v1/sad\x00" + payload))


def read(mac: Mac, text: str) -> Sad:
    """
    Check a SAD's MAC, then say what it is for.

    Raises:
        SadInvalid: it was not made here.
    """
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise SadInvalid("not base64url") from None
    if _text(raw) != text:
        raise SadInvalid("not in its one form")
    payload, given = raw[: _LAYOUT.size], raw[_LAYOUT.size :]
    if len(payload) != _LAYOUT.size or not hmac.compare_digest(mac(b"natsuin/v1/sad\x00" + payload), given):
        raise SadInvalid("its MAC does not hold")
    authorization_id, transaction_sha256, usable_until = _LAYOUT.unpack(payload)
    return Sad(authorization_id.decode(), transaction_sha256, usable_until)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
