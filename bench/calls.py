"""
Single calls on one worker, each right before the same call of certomancer-csc-dummy: one client, as many connections, P-256 keys in both.

The other one's `authorize` asks nobody and gives its SAD at once; here the phone's approval comes between, and `authorizeCheck` gives it.
"""

import asyncio
import base64
import itertools
import os
from dataclasses import dataclass
from functools import partial
from typing import Any

from bench.client import Call, Client, per_second
from bench.cycle import Crowd, Pair
from bench.report import Report
from tests.harness.stack import ECDSA_SHA256, SHA256

POLL_AGAIN_S = 1.0  # sooner would be too fast
ROUNDS = 3
DUMMY = "certomancer-csc-dummy"


@dataclass
class Asked:
    """A request of ours; `sad` as soon as it was collected."""

    pair: Pair
    handle: str
    digest: str
    sad: str = ""


@dataclass
class Calls:
    """Both services, and what has been asked of ours."""

    report: Report
    crowd: Crowd
    dummy: Client
    keys: list[str]
    seconds: float

    async def measure(self, signatures: int) -> None:
        """Measure every call; `signatures` of what was asked are approved and signed."""
        await self._reading()
        asked = await self._asking()
        await self._polling(asked)
        await self._signing(asked[:signatures])
        await self._whole()

    async def _reading(self) -> None:
        ours, pairs, keys = self.crowd.client, itertools.cycle(self.crowd.pairs), itertools.cycle(self.keys)
        await self._beside("info", partial(ours.expect, 200, "info", {}), partial(self.dummy.expect, 200, "info", {}))
        await self._beside(
            "credentials/list",
            lambda: ours.expect(200, "credentials/list", {"userID": next(pairs).user_id}),
            partial(self.dummy.expect, 200, "credentials/list", {}),
        )
        await self._beside(
            "credentials/info",
            lambda: ours.expect(200, "credentials/info", {"credentialID": next(pairs).credential_id}),
            lambda: self.dummy.expect(200, "credentials/info", {"credentialID": next(keys)}),
        )

    async def _asking(self) -> list[Asked]:
        asked: list[Asked] = []
        pairs, keys = itertools.cycle(self.crowd.pairs), itertools.cycle(self.keys)

        async def ask() -> None:
            asked.append(await self._ask(next(pairs)))

        await self._beside("credentials/authorize", ask, lambda: self._dummy_sad(next(keys), new_digest()))
        return asked

    async def _polling(self, asked: list[Asked]) -> None:
        """Ask once for each request how it stands, some times over, never too fast."""
        rates = []
        for _ in range(ROUNDS):
            calls = (partial(self.crowd.client.expect, 202, "credentials/authorizeCheck", {"handle": one.handle}) for one in asked)
            rates.append(await per_second(calls, self._at_once))
            await asyncio.sleep(POLL_AGAIN_S)
        self.report.add("credentials/authorizeCheck of what waits, one worker", sorted(rates)[ROUNDS // 2], "1/s")

    async def _signing(self, asked: list[Asked]) -> None:
        """Approve, collect and sign; the approvals are nobody's figure here."""

        async def approve(pair: Pair) -> None:
            for one in asked:
                if one.pair is pair:
                    await pair.phone.approve(one.handle)

        await asyncio.gather(*(approve(pair) for pair in self.crowd.pairs))
        collected = await per_second((partial(self._collect, one) for one in asked), self._at_once)
        self.report.add("credentials/authorizeCheck that gives the SAD, one worker", collected, "1/s")
        ours = await per_second((partial(self._sign, one) for one in asked), self._at_once)
        digest, key = new_digest(), self.keys[0]
        sad = await self._dummy_sad(key, digest)
        calls = itertools.repeat(partial(self._dummy_sign, key, sad, digest))
        self._compare("signatures/signHash", ours, await per_second(calls, self._at_once, self.seconds))

    async def _whole(self) -> None:
        keys = itertools.cycle(self.keys)

        async def dummy() -> None:
            key, digest = next(keys), new_digest()
            await self._dummy_sign(key, await self._dummy_sad(key, digest), digest)

        ours = await self.crowd.cycles(self.seconds)
        self._compare("a signature from the request on", ours, await per_second(itertools.repeat(dummy), self._at_once, self.seconds))

    async def _beside(self, name: str, ours: Call, dummy: Call) -> None:
        rates = [await per_second(itertools.repeat(call), self._at_once, self.seconds) for call in (ours, dummy)]
        self._compare(name, *rates)

    def _compare(self, name: str, ours: float, dummy: float) -> None:
        self.report.add(f"{name}, one worker", ours, "1/s")
        self.report.add(f"{name}, {DUMMY}", dummy, "1/s")
        self.report.add(f"{name}, ratio to {DUMMY}", ours / dummy, "")

    @property
    def _at_once(self) -> int:
        return len(self.crowd.pairs)

    async def _ask(self, pair: Pair) -> Asked:
        digest = new_digest()
        body = {"credentialID": pair.credential_id, "numSignatures": 1, "hashes": [digest], "hashAlgorithmOID": SHA256}
        answer = await self.crowd.client.expect(202, "credentials/authorize", body | {"requestedExpiry": 600})
        return Asked(pair, answer["handle"], digest)

    async def _collect(self, one: Asked) -> None:
        one.sad = (await self.crowd.client.expect(200, "credentials/authorizeCheck", {"handle": one.handle}))["SAD"]

    async def _sign(self, one: Asked) -> None:
        body = {"credentialID": one.pair.credential_id, "SAD": one.sad, "hashes": [one.digest], "signAlgo": ECDSA_SHA256}
        count_one(await self.crowd.client.expect(200, "signatures/signHash", body))

    async def _dummy_sad(self, key: str, digest: str) -> str:
        answer = await self.dummy.expect(200, "credentials/authorize", {"credentialID": key, "numSignatures": 1, "hash": [digest]})
        return str(answer["SAD"])

    async def _dummy_sign(self, key: str, sad: str, digest: str) -> None:
        body = {"credentialID": key, "SAD": sad, "hash": [digest], "signAlgo": ECDSA_SHA256, "hashAlgo": SHA256}
        count_one(await self.dummy.expect(200, "signatures/signHash", body))


def new_digest() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def count_one(answer: dict[str, Any]) -> None:
    if len(answer["signatures"]) != 1:
        raise RuntimeError("no signature")
