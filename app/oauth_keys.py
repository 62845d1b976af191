"""
The keys with which this server signs what it says as an OAuth server (ID tokens of CIBA): a JWK Set (RFC 7517 §5) in a file of its owner
alone.

A new key is published before it is used, and an old one stays published after: whoever has fetched the set within ten minutes finds every
key. They sign nothing of a signer's; the SAM knows nothing of them.
"""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from joserfc import jwk, jwt
from joserfc.errors import JoseError

from app.errors import CannotStart, StoreUnavailable

CACHED_S = 600  # for so long others are known to keep the set
KEPT = 3
MADE = "natsuin_made"  # beside the key: unix seconds
ALGORITHM = "ES256"


class ServerKeys:
    """
    Signs with the newest key that everybody has had time to fetch; the file is read each time, so that a rotation reaches every worker.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def public(self) -> dict[str, Any]:
        """Give the set as it is published."""
        return {"keys": [_public(one) for one in self._read()]}

    def sign(self, claims: dict[str, Any], now: float) -> str:
        """Make a JWT."""
        keys = self._read()
        published = [one for one in keys if one[MADE] <= now - CACHED_S]
        chosen = published[-1] if published else keys[0]
        return jwt.encode({"alg": ALGORITHM, "kid": chosen["kid"]}, claims, jwk.import_key(_private(chosen)))

    def _read(self) -> list[dict[str, Any]]:
        try:
            return read_keys(self._file)
        except CannotStart as problem:
            raise StoreUnavailable(str(problem)) from None


def load_or_make_server_keys(file: Path, now: float) -> ServerKeys:
    """Read the keys, or make the first where there is none yet, whoever of two is first; raises CannotStart."""
    if not file.exists():
        _write(file, [_new_key(now)], replace=False)
    read_keys(file)
    return ServerKeys(file)


def rotate(file: Path, now: float) -> str:
    """Add a key, forget the oldest beyond three, and give the new one's id; raises CannotStart."""
    keys = [*read_keys(file), _new_key(now)][-KEPT:]
    _write(file, keys, replace=True)
    return str(keys[-1]["kid"])


def read_keys(file: Path) -> list[dict[str, Any]]:
    """Read the file, oldest key first; raises CannotStart where it is no such file, or others may read it."""
    try:
        if file.stat().st_mode & 0o077:
            raise CannotStart(f"the OAuth keys {file} must be readable by their owner only (chmod 600)")
        keys = json.loads(file.read_bytes())["keys"]
        for one in keys:
            one[MADE] = int(one[MADE])
            jwk.import_key(_private(one))
    except OSError as error:
        raise CannotStart(f"the OAuth keys {file} can't be used: {type(error).__name__}") from error
    except (JoseError, ValueError, KeyError, TypeError):
        raise CannotStart(f"the OAuth keys {file} are not a JWK Set of this server") from None
    if not keys:
        raise CannotStart(f"the OAuth keys {file} are not a JWK Set of this server")
    return list(keys)


def _new_key(now: float) -> dict[str, Any]:
    key = jwk.generate_key("EC", "P-256")
    return {**key.as_dict(private=True), "kid": key.thumbprint(), "alg": ALGORITHM, "use": "sig", MADE: int(now)}


def _private(key: dict[str, Any]) -> Any:
    return {name: value for name, value in key.items() if name != MADE}


def _public(key: dict[str, Any]) -> dict[str, Any]:
    return {name: key[name] for name in ("kty", "crv", "x", "y", "kid", "alg", "use")}


def _write(file: Path, keys: list[dict[str, Any]], *, replace: bool) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, draft = tempfile.mkstemp(dir=file.parent)  # for its owner alone
        try:
            with os.fdopen(handle, "w") as out:
                json.dump({"keys": keys}, out)
                out.flush()
                os.fsync(out.fileno())
            if replace:
                os.replace(draft, file)
            else:
                os.link(draft, file)  # whole, and only where nobody was first
        except FileExistsError:
            pass
        finally:
            Path(draft).unlink(missing_ok=True)
    except OSError as error:
        raise CannotStart(f"the OAuth keys {file} can't be written: {type(error).__name__}") from error
