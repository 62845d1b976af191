"""Two programs that validate a signed PDF and that nobody here wrote, pyHanko and poppler's pdfsig, asked about a running stack's CA."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from demo.validate import ask_authority, validate_with_pdfsig, validate_with_pyhanko
from tests.harness.stack import Stack


def validated(stack: Stack, pdf: bytes) -> list[bool]:
    """Ask both; in a thread of its own, because where there is a browser Playwright has this one's event loop."""

    async def ask() -> list[bool]:
        authority = await ask_authority(f"http://localhost:{stack.port + 2}")
        return [(await validate_with_pyhanko(pdf, authority)).accepted, (await validate_with_pdfsig(pdf, authority)).accepted]

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(ask())).result()
