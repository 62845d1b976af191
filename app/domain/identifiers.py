"""The ids that we give out: of applications, credentials and authorizations."""

import secrets
import string

FIRST = string.ascii_letters + string.digits
REST = FIRST + "-_"
LENGTH = 22


def new_id() -> str:
    """Make an id of 22 base64url characters (131 random bits); it never begins with a dash, which a command line takes for an option."""
    return secrets.choice(FIRST) + "".join(secrets.choice(REST) for _ in range(LENGTH - 1))
