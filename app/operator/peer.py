"""Who speaks at the operator's door: the user id that the operating system tells of a socket's other end, or a certificate's subject."""

import asyncio
import pwd
import socket
import struct
from typing import Any

from app.middleware import StrictHttp
from app.operator.desk import Actor

PEER = struct.Struct("3i")  # pid, uid, gid: unix(7), SO_PEERCRED


class PeerHttp(StrictHttp):
    """HTTP that tells the application, as `request.state.actor`, who is at the other end."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # narrower, as uvicorn's own is
        super().connection_made(transport)
        self._actor = actor_of(transport)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"]["actor"] = self._actor


def actor_of(transport: asyncio.BaseTransport) -> Actor:
    """Give who is at the other end of a connection."""
    certificate = transport.get_extra_info("peercert")
    if certificate:
        return Actor(_subject(certificate), "tls")
    peer: Any = transport.get_extra_info("socket")
    _, uid, _ = PEER.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size))
    try:
        return Actor(f"uid {uid} ({pwd.getpwuid(uid).pw_name})", "socket")
    except KeyError:
        return Actor(f"uid {uid}", "socket")


def _subject(certificate: dict[str, Any]) -> str:
    named = ", ".join(f"{name}={value}" for relative in certificate.get("subject", ()) for name, value in relative)
    return f"{named} (serial {certificate.get('serialNumber')})"[:500]
