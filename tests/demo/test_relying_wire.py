"""What the page shows of calls: no secret, and commands that a real shell reads as they were meant, whatever anybody wrote into them."""

import asyncio
import json
import os
import subprocess
from base64 import b64encode
from pathlib import Path

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demo.relying.curl import curl
from demo.relying.wire import Call, Recording, record
from natsuin.client import AsyncClient, Unreachable
from tests.demo.relying_service import APPLICATION, CONTRACT
from tests.demo.relying_site import Site, plain, with_site

HOSTILE = 'it\'s "$(touch hacked)" `touch hacked` $HOME \\ !x #\n-o hacked ; touch hacked & 契約'
# Instead of curl: what it was given, argument by argument, and what comes on its input.
STAND_IN = "curl() { printf '%s\\0' \"$@\"; case \" $* \" in *' @- '*|*' @-') cat;; esac; }\n"


def call_of(body: object, *, authorization: str = "Bearer secret-token", answer: bytes = b"{}", **headers: str) -> Call:
    sent = httpx2.Request("POST", "http://localhost/csc/v2/x", json=body, headers={"Authorization": authorization} | headers)
    return record(sent, 200, answer, 0.1)


def run(command: str, directory: Path, **variables: str) -> str:
    """Have a shell carry out a command, in an empty folder."""
    environment = {"PATH": os.environ["PATH"]} | variables
    done = subprocess.run(["sh", "-c", command], cwd=directory, env=environment, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def everything_kept(directory: Path) -> str:
    return "".join(file.read_text() for file in directory.rglob("*.json*"))


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60))
def test_a_shell_gives_curl_exactly_what_was_sent(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    directory = tmp_path_factory.mktemp("shell")
    for written in (text, HOSTILE):
        body = {"description": written, "SAD": "the-sad", "documentLabels": [written]}
        made = curl(call_of(body))
        address, _, header, _, kind, _, sent, _ = run(STAND_IN + made, directory, TOKEN="t", SAD="s").split("\0")
        assert (address, header, kind) == ("http://localhost/csc/v2/x", "Authorization: Bearer t", "Content-Type: application/json")
        assert json.loads(sent) == body | {"SAD": "s"}
    assert list(directory.iterdir()) == []


def test_documents_go_through_a_pipe_because_arguments_are_short(tmp_path: Path) -> None:
    """A body of a megabyte is too long for an argument."""
    body = {"description": HOSTILE, "documents": [None, {"content": "QUJD", "mediaType": "application/pdf"}]}
    made = curl(call_of(body), f"file://{tmp_path}/")
    assert f"DOCUMENT_2=$(curl -s 'file://{tmp_path}/2' | base64 -w 0)\n" in made
    (tmp_path / "2").write_bytes(bytes(1_000_000))
    stand_in = 'curl() { case $1 in -s) command curl "$@";; *) cat;; esac; }\n'
    sent = json.loads(run(stand_in + made, tmp_path))
    assert (sent["description"], len(sent["documents"][1]["content"])) == (HOSTILE, 1_333_336)


@pytest.mark.parametrize("authorization", ["Bearer hush-token", f"Basic {b64encode(b'relying:hush-secret').decode()}"])
def test_no_secret_is_kept_of_a_call(authorization: str) -> None:
    """Neither where it belongs nor where a service repeats it."""
    secrets = {name: f"hush-{name}" for name in ("access_token", "SAD", "code_key", "code_token", "events_token")}
    repeated = f"{authorization} {'hush-secret' if authorization.startswith('Basic') else ''} hush-sad"
    answer = secrets | {"inner": [secrets], "error_description": repeated}
    call = call_of({"SAD": "hush-sad"}, authorization=authorization, answer=json.dumps(answer).encode())
    shown = curl(call) + repr(call)
    assert "hush" not in shown
    assert authorization.partition(" ")[2] not in shown
    assert ('-u "$CLIENT_ID:$CLIENT_SECRET"' in shown) == authorization.startswith("Basic")
    assert '"$SAD"' in shown


def test_a_call_without_an_answer_is_shown_too() -> None:
    async def go() -> None:
        calls: list[Call] = []
        async with httpx2.AsyncClient(transport=Recording(calls.append, httpx2.AsyncHTTPTransport())) as http:
            client = AsyncClient("http://localhost:9", APPLICATION, patience_s=0, http=http)
            with pytest.raises(Unreachable):
                await client.credentials("taro")
        assert [(call.path, call.status, call.answer) for call in calls] == [("/oauth2/token", 0, "ConnectError")]

    asyncio.run(go())


def test_a_copied_curl_works(tmp_path: Path) -> None:
    """Each call of a job is on its page, in order; `credentials/info`, copied, gets the same answer from the service as the job did."""

    async def test(site: Site) -> None:
        path = await site.job(("it's.pdf", CONTRACT), subject="“$(id)” & 'x'")
        page = plain(await site.until(path, "done"))
        async with site.visitor.get(f"{site.url}{path}/calls") as answer:
            calls = await answer.json()
        called = [endpoint for endpoint, _, _ in site.service.calls]
        names = ["token", "list", "info", "authorize", "authorizeCheck", "authorizeCheck", "signHash"]
        assert [call["path"].rpartition("/")[2] for call in calls] == names
        assert [endpoint.rpartition("/")[2] for endpoint in called] == names
        assert "$SAD" in calls[-1]["curl"]
        assert "DOCUMENT_1" in calls[3]["curl"]
        for secret in (*site.service.tokens, *site.service.sads_given, "K" * 43, "T" * 22):
            assert secret not in page
            assert secret not in json.dumps(calls)
            assert secret not in await asyncio.to_thread(everything_kept, site.config.directory)
        account = {"CLIENT_ID": "relying", "CLIENT_SECRET": "secret"}
        token = json.loads(await asyncio.to_thread(run, calls[0]["curl"], tmp_path, **account))["access_token"]
        said = json.loads(await asyncio.to_thread(run, calls[2]["curl"], tmp_path, TOKEN=token))
        assert (said["multisign"], len(said["cert"]["certificates"])) == (100, 2)
        async with site.visitor.get(f"{site.url}{path}/calls?known=6") as answer:
            assert [call["path"] for call in await answer.json()] == ["/csc/v2/signatures/signHash"]

    with_site(tmp_path, test)
