"""Full cycles: authorize, approve on the phone, check, signHash; many signers at once, each with one request at a time."""

import asyncio
import base64
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from bench.client import Client
from demo.passkey import Passkey
from demo.phone import Phone, open_http
from tests.harness.stack import SHA256, Stack

SIGN_ALGORITHMS = {"p": "1.2.840.10045.4.3.2", "rsa": "1.2.840.113549.1.1.11"}


@dataclass
class Pair:
    """One signer with a phone, and the application's side of their signatures."""

    phone: Phone
    user_id: str
    credential_id: str
    sign_algorithm: str


class Crowd:
    """Signers with enrolled phones, and one application, all in this process."""

    def __init__(self, stack: Stack, http: aiohttp.ClientSession, phones: aiohttp.ClientSession, token: str) -> None:
        self.client = Client(http, f"{stack.origin}/csc/v2/", {"Authorization": f"Bearer {token}"})
        self._phones = phones
        self._stack = stack
        self.pairs: list[Pair] = []

    async def enroll(self, count: int, key_algorithm: str) -> None:
        """Enrol `count` signers; the server makes the kind of key that it was started with."""
        for _ in range(count):
            url = await asyncio.to_thread(self._stack.enrollment_url)
            phone = Phone(self._stack.origin, Passkey(), self._phones)
            enrolled = await phone.enroll(url)
            await phone.sign_in()
            self.pairs.append(Pair(phone, enrolled.user_id, enrolled.credential_id, SIGN_ALGORITHMS[key_algorithm.partition("-")[0]]))

    async def cycle(self, pair: Pair) -> None:
        """One signature; raises RuntimeError where any step did not go as it must."""
        digest = base64.b64encode(os.urandom(32)).decode()
        body: dict[str, object] = {"credentialID": pair.credential_id, "numSignatures": 1, "hashes": [digest], "hashAlgorithmOID": SHA256}
        asked = await self.client.expect(
            202, "credentials/authorize", body | {"description": "Benchmark", "documentLabels": ["contract.pdf"]}
        )
        await pair.phone.approve(asked["handle"])
        given = await self.client.expect(200, "credentials/authorizeCheck", {"handle": asked["handle"]})
        body = {"credentialID": pair.credential_id, "SAD": given["SAD"], "hashes": [digest], "signAlgo": pair.sign_algorithm}
        signed = await self.client.expect(200, "signatures/signHash", body)
        if len(signed["signatures"]) != 1:
            raise RuntimeError("no signature")

    async def cycles(self, seconds: float) -> float:
        """Give full cycles per second, with every signer busy."""
        started = time.perf_counter()
        done = await asyncio.gather(*(self._keep_on(pair, started + seconds) for pair in self.pairs))
        return sum(done) / (time.perf_counter() - started)

    async def _keep_on(self, pair: Pair, until: float) -> int:
        done = 0
        while time.perf_counter() < until:
            await self.cycle(pair)
            done += 1
        return done


@asynccontextmanager
async def crowd_at(stack: Stack, signers: int, key_algorithm: str) -> AsyncIterator[Crowd]:
    """Enrol a crowd; its connections last as long as the block."""
    application = await asyncio.to_thread(stack.application)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http, open_http(connections=10_000) as phones:
        crowd = Crowd(stack, http, phones, application.token)
        await crowd.enroll(signers, key_algorithm)
        yield crowd
