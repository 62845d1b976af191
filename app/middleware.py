"""What is done to every request and answer: a request id, a known host, clear framing, and the headers that keep pages to themselves."""

import json
import secrets

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.config import Config
from app.phone.style import style_source

# MDN HTTP Observatory's list; no inline script, no style in a page but the pages' own, no framing, nothing from elsewhere.
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; script-src 'self'; style-src 'self' {style_source()}; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types service-worker"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": (
        "publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), geolocation=(), payment=()"
    ),
    "X-Frame-Options": "DENY",
}
HSTS = "max-age=63072000; includeSubDomains; preload"
MAX_HEAD_BYTES = 16_384
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})


class SafeHttp:
    """Refuses requests that could be read in two ways or were meant for another host; dresses every answer."""

    def __init__(self, app: ASGIApp, config: Config) -> None:
        self._app = app
        self._hosts = LOCAL_HOSTS | {config.rp_id.lower()}
        self._scheme = "https" if config.secure else "http"  # as the browser sees it, whatever stands in between
        policy = CONTENT_SECURITY_POLICY + ("; upgrade-insecure-requests" if config.secure else "")
        named = HEADERS | {"Content-Security-Policy": policy} | ({"Strict-Transport-Security": HSTS} if config.secure else {})
        self._headers = [(name.lower().encode(), value.encode()) for name, value in named.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["request_id"] = secrets.token_hex(8)
        scope["scheme"] = self._scheme

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                own = {name for name, _ in headers}  # the sandbox of documents has a policy of its own
                headers += [(name, value) for name, value in self._headers if name not in own]
                headers.append((b"x-request-id", scope["request_id"].encode()))
                if b"cache-control" not in own:
                    headers.append((b"cache-control", b"no-store"))
            await send(message)

        refusal = self._refusal(Headers(scope=scope))
        if refusal is not None:
            await JSONResponse({"error": "invalid_request", "error_description": refusal}, 400)(scope, receive, dressed)
            return
        await self._app(scope, receive, dressed)

    def _refusal(self, headers: Headers) -> str | None:
        if "transfer-encoding" in headers and "content-length" in headers:
            return "Content-Length and Transfer-Encoding together"
        hosts = headers.getlist("host")
        if len(hosts) != 1 or _name(hosts[0]) not in self._hosts:
            return "Unknown host"
        return None


class StrictHttp(HttpToolsProtocol):
    """
    HTTP/1.1 as uvicorn reads it, with a limit on the request's head; what can't be read is refused as applications expect it.

    The parser refuses what proxies could read in another way: both framings at once, a length given twice, bare LF, folded headers.
    """

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = 0

    def on_url(self, url: bytes) -> None:
        self._count(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(name + value)
        super().on_header(name, value)

    def send_400_response(self, msg: str) -> None:
        body = json.dumps({"error": "invalid_request", "error_description": msg}).encode()
        headers = HEADERS | {"Content-Type": "application/json", "Content-Length": str(len(body)), "Cache-Control": "no-store"}
        lines = ("HTTP/1.1 400 Bad Request", *(f"{name}: {value}" for name, value in headers.items()), "Connection: close", "", "")
        self.transport.write("\r\n".join(lines).encode() + body)
        self.transport.close()

    def _count(self, part: bytes) -> None:
        self._head_bytes += len(part)
        if self._head_bytes > MAX_HEAD_BYTES:
            raise ValueError("the head is too long")  # the parser stops, and the request is refused


def _name(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()
