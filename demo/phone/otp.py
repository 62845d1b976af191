"""PIN and one-time password over a phone that is signed in, and the authenticator app that it has for trying (RFC 6238, by pyotp)."""

import os
from pathlib import Path

import msgspec
import pyotp
from pyotp import TOTP

from demo.passkey import FLAWLESS, Defects
from demo.phone.account import Account
from demo.phone.amendment import ChangePin, RemoveOtp, ResynchroniseOtp, SetOtp, UnlockOtp
from demo.phone.errors import AppUnreadable
from demo.phone.phone import Phone


class App:
    """An authenticator app: what it read of an `otpauth:` address, kept in a file that only its owner reads."""

    def __init__(self, address: str) -> None:
        """Read the address; raises AppUnreadable."""
        problem = "this is not the otpauth: address of a token that follows the time"
        try:
            read = pyotp.parse_uri(address)
            read.byte_secret()
        except ValueError:
            raise AppUnreadable(problem) from None
        if not isinstance(read, TOTP):
            raise AppUnreadable(problem)
        self._address, self._totp = address, read

    @classmethod
    def load(cls, file: Path) -> "App":
        """Read the file; raises AppUnreadable."""
        try:
            return cls(file.read_text().strip())
        except OSError:
            raise AppUnreadable(f"there is no authenticator app in {file}: set one up first") from None

    def save(self, file: Path) -> None:
        """Write the file, readable by its owner only."""
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
            opened.write(f"{self._address}\n")

    def code(self, now: float) -> str:
        """Show the code of a time (unix seconds)."""
        return self._totp.at(int(now))

    def last_two(self, now: float) -> tuple[str, str]:
        """Show the code before that one, and it."""
        return self.code(now - self._totp.interval), self.code(now)


class Offer(msgspec.Struct, frozen=True):
    """A secret for an authenticator app, given out this once: the token's id, and the `otpauth:` address."""

    id: str
    link: str

    def __repr__(self) -> str:
        return f"<Offer of {self.id}>"


class _Named(msgspec.Struct):
    id: str


class OneTimePasswords:
    """
    The signer's PIN and tokens; every change is approved with the phone's passkey.

    Every call raises the tree of `demo.phone.errors`, and `PasskeyError` where a browser would not let the passkey answer.
    """

    def __init__(self, phone: Phone) -> None:
        self._server = phone.server
        self._account = Account(phone)

    async def offer(self) -> Offer:
        """Have a token made for an authenticator app."""
        return await self._server.post("/account/otp/offer", {}, Offer)

    async def named(self, serial: str) -> str:
        """Give the id of the token with this serial number."""
        return (await self._server.post("/account/otp/serial", {"serial": serial}, _Named)).id

    async def set_up(self, token_id: str, pin: str, code: str, *, defects: Defects = FLAWLESS) -> None:
        """Make a token one's own, by its code, and choose the PIN."""
        await self._account.change("set_otp", token_id, SetOtp, lambda asked: asked.token_id == token_id, defects, pin=pin, code=code)

    async def remove(self, token_id: str, *, defects: Defects = FLAWLESS) -> None:
        """Let a token be nobody's, for good."""
        await self._account.change("remove_otp", token_id, RemoveOtp, lambda asked: asked.token_id == token_id, defects)

    async def resynchronise(self, token_id: str, first: str, second: str, *, defects: Defects = FLAWLESS) -> None:
        """Have a token found again, by two codes that follow each other."""
        codes = {"first": first, "second": second}
        await self._account.change(
            "resynchronise_otp", token_id, ResynchroniseOtp, lambda asked: asked.token_id == token_id, defects, **codes
        )

    async def unlock(self, *, defects: Defects = FLAWLESS) -> None:
        """Have PIN and codes taken again after too many wrong tries."""
        await self._account.change("unlock_otp", "", UnlockOtp, lambda _: True, defects)

    async def change_pin(self, pin: str, *, defects: Defects = FLAWLESS) -> None:
        """Have another PIN, for whatever shows the codes."""
        await self._account.change("change_pin", "", ChangePin, lambda _: True, defects, new_pin=pin)
