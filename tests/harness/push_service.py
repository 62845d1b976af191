"""A push service of our own on this machine: it keeps what it gets, and answers as it was told to."""

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATIENCE_S = 20


@dataclass
class Push:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class PushService:
    """What came, and what is answered to the next ones; with nothing left to say, 201."""

    origin: str = ""
    came: list[Push] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def endpoint(self, name: str) -> str:
        return f"{self.origin}/push/{name}"

    def at(self, name: str) -> list[Push]:
        return [one for one in self.came if one.path == f"/push/{name}"]

    def wait_for(self, name: str, count: int = 1) -> list[Push]:
        """Wait until this many have come to one address, and give them."""
        deadline = time.monotonic() + PATIENCE_S
        with self.arrived:
            while len(self.at(name)) < count:
                left_s = deadline - time.monotonic()
                assert left_s > 0, f"{len(self.at(name))} of {count} pushes came"
                self.arrived.wait(left_s)
        return self.at(name)


@contextmanager
def push_service(tls: ssl.SSLContext | None = None) -> Iterator[PushService]:
    """Run one for as long as the block lasts; with `tls` it is any https service that is told something."""
    service = PushService()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            with service.arrived:
                status, headers = service.answers.pop(0) if service.answers else (201, {})
                service.came.append(Push(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                service.arrived.notify_all()
            self.send_response(status)
            for name, value in ({"Content-Length": "0"} | headers).items():
                self.send_header(name, value)
            self.end_headers()

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet: what came is kept."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    service.origin = f"{'https' if tls else 'http'}://localhost:{server.server_port}"
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    running = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    running.start()
    try:
        yield service
    finally:
        server.shutdown()
        running.join()
        server.server_close()
