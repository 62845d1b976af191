"""Where the SAM listens: on a socket, or over TCP with mutual TLS and nothing less; and how it stops."""

import http.client
import signal
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.harness.module import RunningModule, running_module, wait_until
from tests.harness.stack import free_ports
from tests.harness.tls import Authority


@dataclass
class Served:
    sam: RunningModule
    port: int
    ours: Authority
    theirs: Authority

    def ask(self, certificate: tuple[Path, Path] | None) -> int:
        """Ask for the health with this certificate."""
        context = ssl.create_default_context(cafile=self.ours.path)
        if certificate is not None:
            context.load_cert_chain(*certificate)
        connection = http.client.HTTPSConnection("localhost", self.port, timeout=10, context=context)
        try:
            connection.request("GET", "/v1/health")
            return connection.getresponse().status
        finally:
            connection.close()

    def answers(self) -> bool:
        try:
            return self.ask(self.ours.issue("client")) == 200
        except OSError:
            return False


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("tls")
    ours, theirs = Authority(folder, "ours"), Authority(folder, "theirs")
    certificate, key = ours.issue("sam")
    port = free_ports(1)
    files = {"CERTIFICATE": certificate, "KEY": key, "CLIENT_CA": ours.path}
    tls = {f"NATSUIN_SAM_TLS_{name}": str(path) for name, path in files.items()}
    with running_module(folder, NATSUIN_SAM_LISTEN=f"localhost:{port}", **tls) as sam:
        made = Served(sam, port, ours, theirs)
        wait_until(made.answers, sam)
        yield made


def test_a_caller_with_our_certificate_is_served(served: Served) -> None:
    """Both ends know each other."""
    assert served.ask(served.ours.issue("app")) == 200


def test_a_caller_without_certificate_is_refused(served: Served) -> None:
    """At the handshake: no request is read."""
    with pytest.raises((ssl.SSLError, ConnectionError)):
        served.ask(None)


def test_a_caller_with_a_foreign_certificate_is_refused(served: Served) -> None:
    """A certificate of another CA is none."""
    with pytest.raises((ssl.SSLError, ConnectionError)):
        served.ask(served.theirs.issue("mallory"))


def test_there_is_no_plain_http(served: Served) -> None:
    """Not on the same port, and there is no socket beside it."""
    connection = http.client.HTTPConnection("localhost", served.port, timeout=10)
    connection.request("GET", "/v1/health")
    with pytest.raises((OSError, http.client.HTTPException)):
        connection.getresponse()
    connection.close()
    assert not served.sam.socket.exists()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_it_stops_when_it_is_told_to(tmp_path: Path, how: signal.Signals) -> None:
    """At once, without an error or a trace."""
    with running_module(tmp_path) as sam:
        wait_until(sam.is_listening, sam)
        sam.process.send_signal(how)
        assert sam.process.wait(30) == 0
    assert "Traceback" not in sam.log()
