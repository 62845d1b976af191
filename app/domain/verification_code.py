"""The verification code: shown by the application, typed on the phone. The passkey is the factor; the code binds the two screens."""

import secrets

CODE_DIGITS = 2  # on an enrolled phone


def new_code() -> str:
    """Choose one at random."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
