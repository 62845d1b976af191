"""Who we are to push services (RFC 8292), with `py_vapid`: one key for the whole service, and a signed statement for each of them."""

import os
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from py_vapid import Vapid02

from app.errors import CannotStart

STATEMENT_LIFE_S = 12 * 3_600  # at most a day (RFC 8292 §2)


class Vapid:
    """Our key, and what it has signed; `contact` is how a push service reaches the operator."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, contact: str) -> None:
        self._signer, self._contact = Vapid02(key), contact
        self._statements: dict[str, tuple[float, str]] = {}
        self.public_key = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def statement(self, origin: str, now: float) -> str:
        """Give the `Authorization` header for one push service; it is made anew when half of its life is over."""
        made_at, known = self._statements.get(origin, (0.0, ""))
        if now < made_at + STATEMENT_LIFE_S / 2:
            return known
        claims = {"aud": origin, "exp": int(now) + STATEMENT_LIFE_S, "sub": self._contact}
        header: str = self._signer.sign(claims)["Authorization"]
        self._statements[origin] = (now, header)
        return header


def load_or_make(file: Path) -> ec.EllipticCurvePrivateKey:
    """
    Read the key, or make it where there is none yet; whoever of two is first makes it for both.

    Raises:
        CannotStart: the file is not a P-256 key, or can't be read or written. A new key would make every subscription useless.
    """
    try:
        if not file.exists():
            _make(file)
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise CannotStart(f"the push key {file} can't be used: {type(error).__name__}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise CannotStart(f"the push key {file} is not a key on P-256")
    return key


def _make(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    handle, draft = tempfile.mkstemp(dir=file.parent)  # for its owner alone
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(pem)
            out.flush()
            os.fsync(out.fileno())
        os.link(draft, file)  # whole, and only where nobody was first
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)
