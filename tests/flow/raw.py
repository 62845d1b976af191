"""Requests written byte by byte, for what no HTTP client would send."""

import socket
from contextlib import suppress

from tests.harness.stack import Stack


def answer_to(stack: Stack, request: bytes, within_s: float = 3) -> bytes:
    """Send bytes on a connection of their own, and give all that comes back until the server closes it or falls silent."""
    received = b""
    with socket.create_connection(("127.0.0.1", stack.port), timeout=within_s) as connection, suppress(TimeoutError, ConnectionError):
        connection.sendall(request)
        connection.settimeout(0.5)
        while chunk := connection.recv(65_536):
            received += chunk
    return received
