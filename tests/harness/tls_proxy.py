"""
A proxy that ends TLS in front of a stack, as an operator's does: it asks for a client certificate, and reports it beside its secret.

One request for each connection. What a client sends of the two headers itself never goes through.
"""

import base64
import socket
import ssl
import threading
from pathlib import Path

HEADERS = (b"client-cert", b"client-cert-secret")


class TlsProxy:
    """Listens on a free port of localhost; clients whose certificate the authority issued are let in with it, others without."""

    def __init__(self, certificate: tuple[Path, Path], clients: Path, backend: int, secret: str) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*certificate)
        self._context.load_verify_locations(clients)
        self._context.verify_mode = ssl.CERT_OPTIONAL
        self._backend, self._secret = backend, secret
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "TlsProxy":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                accepted, _ = self._listening.accept()
            except OSError:
                return
            try:
                with self._context.wrap_socket(accepted, server_side=True) as client:
                    client.settimeout(10)
                    self._pass_on(client)
            except OSError:  # the client's affair
                accepted.close()

    def _pass_on(self, client: ssl.SSLSocket) -> None:
        received = b""
        while b"\r\n\r\n" not in received:
            received += client.recv(65_536)
        head, _, body = received.partition(b"\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if line.split(b":")[0].lower() not in (*HEADERS, b"connection")]
        length = next((int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length:")), 0)
        while len(body) < length:
            body += client.recv(65_536)
        der = client.getpeercert(binary_form=True)
        if der is not None:
            lines += [b"Client-Cert: :" + base64.b64encode(der) + b":", b"Client-Cert-Secret: " + self._secret.encode()]
        with socket.create_connection(("127.0.0.1", self._backend), timeout=10) as server:
            server.sendall(b"\r\n".join([*lines, b"Connection: close", b"", b""]) + body)
            while chunk := server.recv(65_536):
                client.sendall(chunk)


def write_secret(folder: Path, secret: str) -> Path:
    """Write the proxy's secret where the server reads it."""
    path = folder / "proxy-secret"
    path.write_text(secret)
    path.chmod(0o600)
    return path
