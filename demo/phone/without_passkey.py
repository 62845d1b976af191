"""
Where no passkey is at hand: the link of a request opened, and approved, with PIN and one-time password.

Making codes is the token's business.
"""

from urllib.parse import quote

import aiohttp
import msgspec

from demo.passkey import Passkey
from demo.phone.errors import CodeRequired, Ended, NotOffered
from demo.phone.phone import Phone
from demo.phone.transaction import ApprovalToken, Authorization


class SignInToken(msgspec.Struct, frozen=True):
    """A token that may open the link; before it is known who is there, it is known by its place in the list only."""

    kind: str
    suite: str | None
    challenge: str | None


class Offer(msgspec.Struct, frozen=True):
    """What a link may be opened with; `asked` names this offer."""

    authorization: str
    asked: str
    tokens: list[SignInToken]


class _SignInPage(msgspec.Struct):
    otp: Offer | None


class _State(msgspec.Struct):
    state: str


class WithoutPasskey:
    """
    A computer that has no passkey of the signer's.

    Every call raises the tree of `demo.phone.errors`.
    """

    def __init__(self, origin: str, http: aiohttp.ClientSession) -> None:
        self._phone = Phone(origin, Passkey(), http)

    async def offer(self, authorization_id: str) -> Offer:
        """
        Ask what the link may be opened with.

        Raises:
            NotOffered: nothing waits there, or only a passkey may open it.
        """
        address = quote(f"/approve/{authorization_id}", safe="/")
        offered = (await self._phone.server.get(f"/sign-in?next={address}", _SignInPage)).otp
        if offered is None:
            raise NotOffered("this link cannot be opened with PIN and one-time password")
        return offered

    async def sign_in(self, offer: Offer, pin: str, code: str, place: int = 0) -> None:
        """
        Begin a short session.

        Raises:
            OtpRefused: PIN or one-time password is wrong.
        """
        sent = {"authorization": offer.authorization, "asked": offer.asked, "token": place, "pin": pin, "code": code}
        await self._phone.server.post("/sign-in/otp", sent, dict)

    async def look(self, authorization_id: str) -> Authorization:
        """Read one authorization, as `Phone.look` does."""
        return await self._phone.look(authorization_id)

    async def compare(self, seen: Authorization) -> list[bool]:
        """Open and compare each document, as `Phone.compare` does."""
        return await self._phone.compare(seen)

    async def approve(self, seen: Authorization, token: ApprovalToken, pin: str, code: str, number: str | None = None) -> str:
        """
        Approve what was seen, and return the new state; `number` is the one that the application shows.

        Raises:
            CodeRequired: the application shows a number, and none was given.
            OtpRefused: PIN or one-time password is wrong.
            Ended: it is too late.
            TransactionRefused: a document is not the one that would be signed.
        """
        if seen.state != "pending":
            raise Ended("ended", 409, seen.state)
        if seen.code_digits and number is None:
            raise CodeRequired(f"the application shows a code of {seen.code_digits} digits: it is needed here")
        await self.compare(seen)
        otp = {"token_id": token.id, "pin": pin, "code": code}
        return (await self._phone.server.post(f"/approve/{quote(seen.id, safe='')}", {"otp": otp, "code": number}, _State)).state
