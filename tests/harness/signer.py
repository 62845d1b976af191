"""A signer with the phone without a screen, for tests that are not asynchronous themselves."""

import asyncio
import copy
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from demo.passkey import FLAWLESS, Defects, Passkey
from demo.phone import Account, Phone, open_http
from demo.phone.account import NewPhone
from tests.harness.stack import Stack

Answer = TypeVar("Answer")


class Signer:
    """A person with an enrolled phone at one stack."""

    def __init__(self, stack: Stack, user_id: str | None = None, name: str = "山田 太郎") -> None:
        self._stack = stack
        self.passkey = Passkey()
        enrolled = self._with_phone(lambda phone: phone.enroll(stack.enrollment_url(user_id, name)), sign_in=False)
        self.user_id, self.credential_id = enrolled.user_id, enrolled.credential_id

    @property
    def origin(self) -> str:
        return self._stack.origin

    def approve(self, authorization_id: str, code: str | None = None, defects: Defects = FLAWLESS) -> str:
        return self._with_phone(lambda phone: phone.approve(authorization_id, code, defects=defects))

    def refuse(self, authorization_id: str, reason: Any = "declined") -> str:
        return self._with_phone(lambda phone: phone.refuse(authorization_id, reason))

    def inbox(self) -> list[Any]:
        return self._with_phone(lambda phone: phone.inbox())

    def own(self, act: Callable[[Account], Awaitable[Answer]]) -> Answer:
        """Do something with what is the signer's own."""
        return self._with_phone(lambda phone: act(Account(phone)))

    def add_phone(self, name: str | None = None, *, synced: bool = False) -> Passkey:
        """Add a second phone, and give its passkey."""
        passkey = Passkey(backup_eligible=synced, backed_up=synced)

        async def add(account: Account) -> None:
            async with open_http() as http:
                link = await account.begin_adding()
                new = NewPhone(Phone(self._stack.origin, passkey, http))
                await new.join(link.link, name)
                await account.approve_new(link, new)

        self.own(add)
        return passkey

    def with_passkey(self, passkey: Passkey) -> "Signer":
        """Give the same person with another phone in hand."""
        other = copy.copy(self)
        other.passkey = passkey
        return other

    def _with_phone(self, act: Callable[[Phone], Awaitable[Answer]], *, sign_in: bool = True) -> Answer:
        async def run() -> Answer:
            async with open_http() as http:
                phone = Phone(self._stack.origin, self.passkey, http)
                if sign_in:
                    await phone.sign_in()
                return await act(phone)

        return asyncio.run(run())
