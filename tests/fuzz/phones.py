"""The phones of two signers while a fuzz runs: one approves whatever comes, the other declines it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from demo.passkey import PasskeyError
from demo.phone import Phone, open_http
from demo.phone.errors import PhoneError
from demo.phone.phone import Waiting
from demo.phone.watch import Act
from tests.harness.signer import Signer

EVERY_S = 0.1
SIGN_IN_EVERY = 600  # looks; what is confidential opens for minutes after a sign-in


@contextmanager
def answering(signers: dict[Act, Signer]) -> Iterator[None]:
    """Let each signer's phone do this about everything, as long as the block lasts."""
    over = threading.Event()
    threads = [threading.Thread(target=lambda a=act, s=signer: asyncio.run(_answer(s, a, over))) for act, signer in signers.items()]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


async def _answer(signer: Signer, act: Act, over: threading.Event) -> None:
    async with open_http() as http:
        phone = Phone(signer.origin, signer.passkey, http)
        looks = 0
        while not over.is_set():
            try:
                if looks % SIGN_IN_EVERY == 0:
                    await phone.sign_in()
                looks += 1
                for waiting in await phone.inbox():
                    await _one(phone, act, waiting)
            except PhoneError:
                looks = 0
            await asyncio.sleep(EVERY_S)


async def _one(phone: Phone, act: Act, waiting: Waiting) -> None:
    """Answer one; what ended meanwhile is left."""
    try:
        await act(phone, waiting)
    except (PhoneError, PasskeyError):
        return
