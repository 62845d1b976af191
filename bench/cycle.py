"""Full cycles: authorize, approve on the phone, check, signHash; many signers at once, each with one request at a time."""

import asyncio
import base64
import os
import time
from dataclasses import dataclass

import aiohttp

from demo.passkey import Passkey
from demo.phone import Phone, open_http
from tests.harness.stack import SHA256, Stack

SIGN_ALGORITHMS = {"p": "1.2.840.10045.4.3.2", "rsa": "1.2.840.113549.1.1.11"}


@dataclass
class Pair:
    """One signer with a phone, and the application's side of their signatures."""

    phone: Phone
    credential_id: str
    sign_algorithm: str


class Crowd:
    """Signers with enrolled phones, and one application, all in this process."""

    def __init__(self, stack: Stack, http: aiohttp.ClientSession, phones: aiohttp.ClientSession, token: str) -> None:
        self._base = f"{stack.origin}/csc/v2/"
        self._http, self._phones = http, phones
        self._stack = stack
        self._headers = {"Authorization": f"Bearer {token}"}
        self.pairs: list[Pair] = []

    async def enroll(self, count: int, key_algorithm: str) -> None:
        """Enrol `count` signers; the server makes the kind of key that it was started with."""
        for _ in range(count):
            url = await asyncio.to_thread(self._stack.enrollment_url)
            phone = Phone(self._stack.origin, Passkey(), self._phones)
            enrolled = await phone.enroll(url)
            await phone.sign_in()
            self.pairs.append(Pair(phone, enrolled.credential_id, SIGN_ALGORITHMS[key_algorithm.partition("-")[0]]))

    async def call(self, method: str, body: dict[str, object], **headers: str) -> tuple[int, dict[str, str]]:
        async with self._http.post(self._base + method, json=body, headers=self._headers | headers) as answer:
            return answer.status, await answer.json()

    async def cycle(self, pair: Pair) -> None:
        """One signature; raises RuntimeError where any step did not go as it must."""
        digest = base64.b64encode(os.urandom(32)).decode()
        body: dict[str, object] = {"credentialID": pair.credential_id, "numSignatures": 1, "hashes": [digest], "hashAlgorithmOID": SHA256}
        asked = await self._expect(202, "credentials/authorize", body | {"description": "Benchmark", "documentLabels": ["contract.pdf"]})
        await pair.phone.approve(asked["handle"])
        given = await self._expect(200, "credentials/authorizeCheck", {"handle": asked["handle"]})
        body = {"credentialID": pair.credential_id, "SAD": given["SAD"], "hashes": [digest], "signAlgo": pair.sign_algorithm}
        signed = await self._expect(200, "signatures/signHash", body)
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

    async def _expect(self, status: int, method: str, body: dict[str, object]) -> dict[str, str]:
        got, answer = await self.call(method, body)
        if got != status:
            raise RuntimeError(f"{method}: {got} {answer}")
        return answer


async def open_crowd(stack: Stack, signers: int, key_algorithm: str) -> tuple[Crowd, aiohttp.ClientSession, aiohttp.ClientSession]:
    """Enrol a crowd; the two sessions are the caller's to close."""
    application = await asyncio.to_thread(stack.application)
    http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
    phones = open_http(connections=10_000)
    crowd = Crowd(stack, http, phones, application.token)
    await crowd.enroll(signers, key_algorithm)
    return crowd, http, phones
