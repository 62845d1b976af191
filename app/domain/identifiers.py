"""The ids that we give out, and the hash by which the secret of a link is known."""

import hashlib
import secrets
import string

FIRST = string.ascii_letters + string.digits
REST = FIRST + "-_"
LENGTH = 22


def new_id() -> str:
    """Make an id of 22 base64url characters (131 random bits); it never begins with a dash, which a command line takes for an option."""
    return secrets.choice(FIRST) + "".join(secrets.choice(REST) for _ in range(LENGTH - 1))


def secret_sha256(secret: str) -> bytes:
    """Give the hash that a secret is known by: the secret itself is kept nowhere."""
    return hashlib.sha256(secret.encode()).digest()
