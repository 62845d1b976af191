"""The relying application on a free port beside a signing service in memory, in one event loop, for tests over real HTTP."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec

from demo.relying.config import Config
from demo.relying.server import create_app
from tests.demo.relying_service import Service


@dataclass
class Site:
    """The running application, and a visitor."""

    url: str
    config: Config
    service: Service
    visitor: aiohttp.ClientSession

    async def page(self, path: str, language: str = "en", **options: Any) -> str:
        async with self.visitor.get(self.url + path, headers={"Accept-Language": language}, **options) as answer:
            return await answer.text()

    async def ask(
        self,
        *files: tuple[str, bytes],
        user_id: str = "taro",
        subject: str = "",
        with_seal: bool = False,
        language: str = "en",
    ) -> tuple[int, str, str]:
        """Send the form; return status, the address it led to, and the page there. Without files it is the sample."""
        form = aiohttp.FormData(quote_fields=False)
        form.add_field("which", "own" if files else "sample")
        form.add_field("user_id", user_id)
        form.add_field("subject", subject)
        form.add_field("seal", "placed" if with_seal else "none")
        for name, pdf in files:
            form.add_field("file", BytesIO(pdf), filename=name, content_type="application/pdf")
        async with self.visitor.post(self.url + "/", data=form, headers={"Accept-Language": language}) as answer:
            return answer.status, answer.url.path, await answer.text()

    async def job(self, *files: tuple[str, bytes], **asked: Any) -> str:
        """Open a job that must not be refused; return its address."""
        status, path, page = await self.ask(*files, **asked)
        assert (status, path.startswith("/jobs/")) == (200, True), page
        return path

    async def until(self, path: str, *steps: str) -> str:
        """Follow a job as its page does, until it is at one of the steps; return the page in English."""
        seen = calls = -1
        async with asyncio.timeout(120):
            while True:
                async with self.visitor.get(f"{self.url}{path}/state", params={"seen": seen, "calls": calls}) as answer:
                    state = await answer.json()
                seen, calls = state["version"], state["calls"]
                if state["step"] in steps:
                    return await self.page(path)
                assert state["step"] not in ("done", "ended"), await self.page(path)


@asynccontextmanager
async def serve(config: Config) -> AsyncIterator[str]:
    """Serve the application on a free port and give its address; stop it at the end."""
    app = create_app(config, lambda: server.should_exit)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    running = asyncio.create_task(server.serve())
    while not server.started:
        assert not running.done()
        await asyncio.sleep(0.01)
    try:
        yield f"http://localhost:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


def with_site(directory: Path, test: Callable[[Site], Awaitable[None]]) -> None:
    async def run() -> None:
        async with Service(ec.generate_private_key(ec.SECP256R1())) as service:
            client_file = directory / "client.json"
            client_file.write_text(json.dumps({"client_id": "relying", "client_secret": "secret"}))
            config = Config(0, directory / "relying", client_file, service.origin, service.origin)
            async with serve(config) as url, aiohttp.ClientSession() as visitor:
                await test(Site(url, config, service, visitor))

    asyncio.run(run())


def plain(page: str) -> str:
    """The text of a page without its tags, in one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())
