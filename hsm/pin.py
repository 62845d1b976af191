"""
PINs, the other half of a one-time password: which are refused when they are chosen, and their verifiers, Argon2id (RFC 9106).

A short PIN is found from its verifier by trying them all, whatever one try costs: the caller encrypts the verifier under an HSM key, and
counts wrong tries before it compares. Birthdays are not looked for: nobody here knows them.
"""

from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from hsm.errors import PinRefused, PinUnacceptable

MIN_DIGITS = 6
MAX_DIGITS = 12
SALT_BYTES = 16  # RFC 9106 §3.1

# RFC 9106 §4, second recommended option: 3 passes over 64 MiB in 4 lanes. The first one takes 2 GiB for each PIN that is being checked.
_ARGON2ID = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


def require_acceptable_pin(pin: str) -> None:
    """
    Refuse a new PIN that is not 6 to 12 ASCII digits, or that anyone would try first.

    Raises:
        PinUnacceptable: saying why, without the PIN.
    """
    if not _has_the_form(pin):
        raise PinUnacceptable(f"a PIN has {MIN_DIGITS} to {MAX_DIGITS} digits")
    if _is_repeated(pin):
        raise PinUnacceptable("the same few digits again and again")
    if _is_run(pin):
        raise PinUnacceptable("digits that follow each other")
    if _is_stuttered(pin):
        raise PinUnacceptable("every digit two or three times in a row")


def make_verifier(pin: str, salt: bytes) -> str:
    """Give what a PIN is checked against later, an Argon2 string (PHC format); `salt` is 16 fresh random bytes."""
    return _ARGON2ID.hash(pin, salt=salt)


def check_pin(verifier: str, pin: str, salt: bytes) -> str:
    """
    Check a PIN, and give the verifier to keep: the same one, or one with today's parameters and `salt` where it was made with others.

    Raises:
        PinRefused: not this PIN.
    """
    if not _has_the_form(pin):
        raise PinRefused("not even the form of a PIN")
    try:
        _ARGON2ID.verify(verifier, pin)
    except InvalidHashError:
        raise PinRefused("its verifier can't be read") from None
    except VerificationError as error:
        raise PinRefused(f"not this PIN ({type(error).__name__})") from None
    return make_verifier(pin, salt) if _ARGON2ID.check_needs_rehash(verifier) else verifier


def _has_the_form(pin: str) -> bool:
    return MIN_DIGITS <= len(pin) <= MAX_DIGITS and pin.isascii() and pin.isdigit()


def _is_repeated(pin: str) -> bool:
    """111111, 121212, 123123, 12341234, and also 1231231: the beginning again and again."""
    return any(pin == (pin[:size] * len(pin))[: len(pin)] for size in range(1, len(pin) // 2 + 1))


def _is_run(pin: str) -> bool:
    """123456, 987654, 789012, 246802: each digit the same step from the one before, nine followed by nought."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    return len(steps) == 1


def _is_stuttered(pin: str) -> bool:
    """112233, 995500, 111222."""
    return any(len(pin) % size == 0 and pin == "".join(digit * size for digit in pin[::size]) for size in (2, 3))
