"""`natsuin sign` as a process of its own against the real stack: what it shows, what it writes, how it exits."""

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from natsuin.sign import SECRET, ExitCode
from tests.flow.parties import Person, new_application
from tests.harness.command import run_natsuin
from tests.harness.stack import BIN, Application, Stack
from tests.harness.validators import validated

CONTRACT = (Path(__file__).parents[2] / "demo" / "samples" / "contract.pdf").read_bytes()
NATSUIN = str(BIN / "natsuin")


class Signing:
    """The command while it runs; its answers one by one."""

    def __init__(self, folder: Path, *words: str, **environment: str) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("NATSUIN_")}
        self.process = subprocess.Popen(
            [NATSUIN, "sign", *words],
            cwd=folder,
            env=inherited | {"COLUMNS": "120"} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def next(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate(timeout=30)
        return dict(json.loads(line))

    def event(self, event: str) -> dict[str, Any]:
        while (one := self.next())["event"] != event:
            pass
        return one

    def exited(self) -> tuple[int, str, str]:
        out, complained = self.process.communicate(timeout=60)
        return self.process.returncode, out, complained


@pytest.fixture(scope="module")
def signer(stack: Stack) -> Person:
    return Person(stack)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "契約書.pdf").write_bytes(CONTRACT)
    return tmp_path


def kept(folder: Path, shop: Application) -> str:
    """What `natsuin client add --json` printed, in a file."""
    (folder / "client.json").write_text(json.dumps({"client_id": shop.client_id, "client_secret": shop.client_secret}))
    return "client.json"


def test_pdfs_are_signed_written_and_validated(stack: Stack, signer: Person, folder: Path) -> None:
    """Two at once, one request; with a root to trust and JSON; never over a file that is there; the secret in no argument."""
    (folder / "b.pdf").write_bytes(CONTRACT)
    common = (
        "--server",
        stack.origin,
        "--user",
        signer.user_id,
        "--client",
        kept(folder, new_application(stack, asks_code=True)),
        "--json",
    )
    root = str(stack.data / "ca" / "root.pem")
    signing = Signing(folder, "契約書.pdf", "b.pdf", *common, "--trust", root, "--description", "Building contract")
    asked = signing.event("asked")
    assert asked["approval_url"] == f"{stack.origin}/approve/{asked['handle']}"
    assert signer.approve(asked["handle"], asked["verification_code"]) == "approved"
    for name in ("契約書.signed.pdf", "b.signed.pdf"):
        done = signing.event("signed")
        assert (Path(done["file"]).name, done["intact"], done["covers_all"], done["trusted"]) == (name, True, True, True)
        assert validated(stack, (folder / name).read_bytes()) == [True, True]
    assert signing.exited()[0] == 0

    again = Signing(folder, "b.pdf", *common)
    assert again.event("error")["error"] == "usage"
    assert again.exited()[0] == ExitCode.USAGE


def test_people_read_where_to_approve_and_how_it_ended(stack: Stack, signer: Person, folder: Path) -> None:
    """Without a terminal, lines; the secret from the environment; a refusal with its reason; nothing is written."""
    shop = new_application(stack)
    words = ("契約書.pdf", "--server", stack.origin, "--credential", signer.credential_id, "--client-id", shop.client_id)
    signing = Signing(folder, *words, **{SECRET: shop.client_secret})
    assert signing.process.stdout is not None
    first = signing.process.stdout.readline()
    signer.refuse(first.rpartition("/")[2].strip(), "not_me")
    code, _, complained = signing.exited()
    assert f"Open on the phone: {stack.origin}/approve/" in first
    assert (code, complained.strip()) == (ExitCode.SIGNER_REFUSED, "✗ the signer refused (not_me)")
    assert not (folder / "契約書.signed.pdf").exists()


def test_what_cannot_be_asked_is_said(stack: Stack, signer: Person, folder: Path) -> None:
    """Another's secret, nobody by that name, no secret at all, no PDF, a service that is not there: each its exit code, nothing written."""
    shop = new_application(stack)
    (folder / "no.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    (folder / "wrong").write_text("another's\n")
    account = ("--client", str(folder / kept(folder, shop)))
    mine = ("--user", signer.user_id, *account)
    here = ("--server", stack.origin)
    cases = [
        ((*here, "--user", signer.user_id, "--client-id", shop.client_id, "--secret-file", str(folder / "wrong")), "契約書.pdf", 5),
        ((*here, "--user", "nobody", *account), "契約書.pdf", 5),
        ((*here, "--user", signer.user_id, "--client-id", shop.client_id), "契約書.pdf", 2),
        ((*here, *account), "契約書.pdf", 2),
        ((*here, *mine), "no.pdf", 2),
        ((*here, *mine, "--trust", str(folder / "wrong")), "契約書.pdf", 2),
    ]
    environment = {name: value for name, value in stack.environment.items() if name != SECRET}
    for words, file, expected in cases:
        code, said, complained = run_natsuin(environment, "sign", str(folder / file), *words)
        assert (code, said) == (expected, ""), (words, complained)
        assert complained.startswith("✗ "), words
        assert shop.client_secret not in complained
    assert not list(folder.glob("*.signed.pdf"))


def test_an_untrusted_certificate_is_written_and_said(stack: Stack, signer: Person, folder: Path, tmp_path_factory: Any) -> None:
    """Whom one does not trust: the file is there, and the exit code says that it is not valid."""
    other = tmp_path_factory.mktemp("other") / "root.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "/dev/null", "-subj", "/CN=Other", "-out", str(other)]
    subprocess.run(made, check=True, capture_output=True)
    account = kept(folder, new_application(stack))
    signing = Signing(
        folder, "契約書.pdf", "--server", stack.origin, "--user", signer.user_id, "--client", account, "--trust", str(other), "--json"
    )
    signer.approve(signing.event("asked")["handle"])
    done = signing.event("signed")
    assert (done["intact"], done["trusted"]) == (True, False)
    assert signing.exited()[0] == ExitCode.NOT_VALID
    assert (folder / "契約書.signed.pdf").exists()


def test_ctrl_c_ends_it(stack: Stack, signer: Person, folder: Path) -> None:
    """Nothing is written, and the exit code is the shell's own."""
    account = kept(folder, new_application(stack))
    signing = Signing(folder, "契約書.pdf", "--server", stack.origin, "--user", signer.user_id, "--client", account, "--json")
    signing.event("progress")
    signing.process.send_signal(signal.SIGINT)
    assert signing.exited()[0] == ExitCode.INTERRUPTED
    assert not list(folder.glob("*.signed.pdf"))
