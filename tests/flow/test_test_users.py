"""`python -m demo.test_users` against a real stack: six signers, each with its one end, again and again; and only where it is wanted."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from demo.test_users.ends import ENDS, End
from natsuin.client import Account, Ask, Client, Expired, SignerRefused
from tests.flow.parties import new_application
from tests.flow.polls import wait_until
from tests.harness.stack import ROOT, Application, Stack, running_stack

DIGEST = bytes(32)
REFUSING: dict[End, str] = {"declines": "declined", "not-me": "not_me", "wrong-code": "wrong_code"}
SILENT: tuple[End, ...] = ("times-out", "no-device")
COMMAND = [sys.executable, "-m", "demo.test_users"]


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Stack]:
    """A stack that nobody else counts the signers of."""
    with running_stack(tmp_path) as made:
        yield made


@contextmanager
def answering(stack: Stack) -> Iterator[None]:
    """Run it for as long as the block lasts, and end it as a person does."""
    command = subprocess.Popen(
        COMMAND, env=stack.environment | {"DEMO_TEST_USERS": stack.origin}, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    with command as users:
        assert users.stderr is not None
        said = []
        for line in users.stderr:
            said.append(line.decode())
            if "Answering" in said[-1]:
                break
        else:
            raise AssertionError("".join(said))
        try:
            yield
        finally:
            users.send_signal(signal.SIGINT)
            try:
                assert users.wait(60) == 130
            finally:
                users.kill()


def test_each_test_user_gives_its_end(own: Stack) -> None:
    """Twice each; the key of the one who says *not me* is used again. The two that never decide are asked for 30 seconds, together."""
    careful, plain = new_application(own, asks_code=True), new_application(own)
    with answering(own), Client(own.origin, account(careful)) as client, ThreadPoolExecutor(2) as waiting:
        keys = {end: client.credential_of(f"test-{end}") for end in ENDS}

        def never_decided(end: End) -> list[str]:
            seen: list[str] = []
            with pytest.raises(Expired):
                client.sign(Ask(keys[end], [DIGEST], life_s=30), on_asked=lambda _: None, on_progress=seen.append)
            return seen

        silent = [waiting.submit(never_decided, end) for end in SILENT]
        for _ in range(2):
            for end, reason in REFUSING.items():
                with pytest.raises(SignerRefused) as refused:
                    client.sign(Ask(keys[end], [DIGEST]), on_asked=lambda _: None)
                assert refused.value.reason == reason
                wait_until(partial(is_usable, client, keys[end].id))  # not for a moment, after the second *not me*
        assert [one.result()[-1] for one in silent] == ["opened", "no_device"]
    with answering(own), Client(own.origin, account(plain)) as client:  # the same six, found again
        for _ in range(2):
            assert len(client.sign(Ask(client.credential_of("test-approves"), [DIGEST]), on_asked=lambda _: None)) == 1


def account(shop: Application) -> Account:
    return Account(shop.client_id, shop.client_secret)


def is_usable(client: Client, credential_id: str) -> bool:
    return client.credential(credential_id).is_usable


@pytest.mark.parametrize("setting", [{}, {"DEMO_TEST_USERS": "https://sign.example"}], ids=["unset", "another's"])
def test_nobody_is_made_where_they_are_not_wanted(stack: Stack, setting: dict[str, str]) -> None:
    """The setting names the server; without it, or with another one's name, there is a sentence and nothing else."""
    inherited = {name: value for name, value in (os.environ | stack.environment).items() if name != "DEMO_TEST_USERS"}
    ended = subprocess.run(COMMAND, env=inherited | setting, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert f"There are no test users at {stack.origin}" in ended.stderr
    assert not (stack.data / "demo" / "test-users").exists()
