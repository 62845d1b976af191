"""
What can be read off a SAD without the key that made it: which authorization it names. That it is genuine, only `activate` can tell.

It is here because the side that answers applications must find its own record of the authorization; it may do nothing more with the name.
"""

import base64
import binascii

ID_CHARACTERS = 22


def named_authorization(sad: str) -> str | None:
    """Give the id of the authorization that a SAD says it is for; None where it says nothing that could be one."""
    try:
        raw = base64.b64decode(sad + "=" * (-len(sad) % 4), altchars=b"-_", validate=True)
        return raw[:ID_CHARACTERS].decode("ascii") if len(raw) > ID_CHARACTERS else None
    except (ValueError, binascii.Error):
        return None
