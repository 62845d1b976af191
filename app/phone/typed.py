"""PINs and codes as people type them: in any width, with spaces or dashes between the digits (a Japanese keyboard gives １２３)."""

import re
import unicodedata
from typing import Any

from app.errors import BadParameter
from hsm.messages import NewOtp, NewPin, SuccessiveCodes

MOST_PIN_CHARACTERS, MOST_CODE_CHARACTERS = 64, 16  # of `Pin` and `Code` on the wire

BETWEEN = re.compile(r"[\s\-\u2010-\u2015\u2212\u30fc]")


def digits(text: str) -> str:
    """Give what was typed without what stands between the digits; whether it is a number, whoever takes it says."""
    return BETWEEN.sub("", unicodedata.normalize("NFKC", text))


def new_otp_in(message: dict[str, Any]) -> NewOtp | None:
    """Read PIN and first code, where there are any."""
    if "pin" not in message:
        return None
    return NewOtp(_digits(message, "pin", MOST_PIN_CHARACTERS), _digits(message, "code", MOST_CODE_CHARACTERS))


def new_pin_in(message: dict[str, Any]) -> NewPin | None:
    """Read another PIN, where there is one."""
    return NewPin(_digits(message, "new_pin", MOST_PIN_CHARACTERS)) if "new_pin" in message else None


def codes_in(message: dict[str, Any]) -> SuccessiveCodes | None:
    """Read two codes that follow each other, where there are any."""
    if "first" not in message:
        return None
    return SuccessiveCodes(_digits(message, "first", MOST_CODE_CHARACTERS), _digits(message, "second", MOST_CODE_CHARACTERS))


def _digits(message: dict[str, Any], name: str, most: int) -> str:
    value = message.get(name)
    if not isinstance(value, str) or len(typed := digits(value)) > most:
        raise BadParameter(f"Invalid parameter {name}")
    return typed
