"""The phone's command line as its own process: answers for people and programs, exit codes, and no text that drives the terminal."""

import asyncio
import json
import os
import sys
from pathlib import Path

from demo.passkey import to_base64url
from tests.demo.phone_server import in_loop, serving
from tests.demo.test_phone import ask_with_files

ROOT = Path(__file__).parents[2]


async def run(*arguments: str, stdin: str = "") -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "demo.phone", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"},
    )
    output, _ = await asyncio.wait_for(process.communicate(stdin.encode()), 30)
    assert process.returncode is not None
    return process.returncode, output.decode()


@in_loop
async def test_command_line(tmp_path: Path) -> None:
    file = ("--passkey", str(tmp_path / "alice.json"))
    async with serving() as server:
        status, text = await run("enroll", "-", *file, "--json", stdin=f"{server.origin}/enroll#link-secret\n")
        assert (status, json.loads(text)["credential_id"]) == (0, "key-1")
        shown, declined, watched, coded = server.ask(), server.ask(), server.ask(), server.ask(code="47")
        assert json.loads((await run("sign-in", *file, "--json"))[1]) == {"user_id": "alice", "name": "Alice"}
        assert len(json.loads((await run("inbox", *file, "--json"))[1])["waiting"]) == 4
        status, text = await run("show", f"{server.origin}/approve/{shown}", *file)
        assert "Contracts [bold]Ltd\N{REPLACEMENT CHARACTER}[2J" in text
        assert "\x1b" not in text
        assert "contract.pdf" in text
        assert json.loads((await run("approve", shown, *file, "--json"))[1]) == {"id": shown, "state": "approved"}
        status, text = await run("approve", shown, *file, "--json")
        assert (status, json.loads(text)["error"], json.loads(text)["state"]) == (1, "ended", "approved")
        assert (await run("refuse", declined, "--reason", "not_me", *file))[0] == 0
        assert server.authorizations[declined]["reason"] == "not_me"
        status, text = await run("watch", "--count", "1", "--every", "0.1", *file, "--json")
        assert (status, json.loads(text.splitlines()[1])["id"]) == (0, watched)
        assert (await run("approve", coded, *file))[0] == 2
        status, text = await run("approve", coded, "--code", "48", *file, "--json")
        assert (status, json.loads(text)["tries_left"]) == (1, 2)
        assert (await run("approve", coded, "--code", "47", *file))[0] == 0
        file_shown = ask_with_files(server)
        status, text = await run("show", file_shown, *file)
        assert (status, text.count("this is the document being signed")) == (0, 2), text
        assert "not seen, only its fingerprint" in text
        assert json.loads((await run("show", file_shown, *file, "--json"))[1])["compared"] == [True, True, False]
        server.files[f"/approve/{file_shown}/documents/1"] = b"another"
        status, text = await run("approve", file_shown, *file)
        assert (status, "this is not the document that would be signed" in text) == (4, True), text
        server.alter = lambda page: page["publicKey"].update(challenge=to_base64url(bytes(32)))
        assert (await run("show", server.ask(), *file))[0] == 4
        assert (await run("approve", "https://elsewhere.example/approve/x", *file))[0] == 2
        assert (await run("inbox", "--passkey", str(tmp_path / "nobody.json")))[0] == 4
    assert (await run("inbox", *file))[0] == 3
