"""The phone without a screen reads the code that an application shows, as a camera does."""

import asyncio

import pytest

from demo.phone import Phone, open_http
from demo.phone.errors import AddressRefused, ServerRefused
from tests.flow.parties import new_application
from tests.flow.screen import Screen
from tests.harness.signer import Signer
from tests.harness.stack import Stack


def test_it_opens_a_request_that_opens_with_the_code_only(stack: Stack, taro: Signer) -> None:
    """By the code it approves; by the plain id it is told what is missing, and a code of before is over."""
    shop = new_application(stack, moving_code=True)
    asked = shop.authorize(taro.credential_id)
    address = Screen(asked).address()

    async def go() -> str:
        async with open_http() as http:
            phone = Phone(stack.origin, taro.passkey, http)
            await phone.sign_in()
            with pytest.raises(ServerRefused, match="code on the application's screen"):
                await phone.look(asked["handle"])
            opened = await phone.open(address)
            with pytest.raises(ServerRefused, match="code is over"):
                await phone.open(address)
            with pytest.raises(AddressRefused):
                await phone.open(address.replace("localhost", "evil.example"))
            return await phone.approve(opened)

    assert asyncio.run(go()) == "approved"
    assert shop.sign(taro.credential_id, shop.sad(asked["handle"]), asked["hashes"]).status_code == 200
