"""What is done to every request and answer: a request id, a known host, clear framing, and the headers that keep pages to themselves."""

import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.config import Config

# MDN HTTP Observatory's list; no inline script or style, no framing, nothing from elsewhere.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
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
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})


class SafeHttp:
    """Refuses requests that could be read in two ways or were meant for another host; dresses every answer."""

    def __init__(self, app: ASGIApp, config: Config) -> None:
        self._app = app
        self._hosts = LOCAL_HOSTS | {config.rp_id.lower()}
        policy = CONTENT_SECURITY_POLICY + ("; upgrade-insecure-requests" if config.secure else "")
        self._headers = HEADERS | {"Content-Security-Policy": policy} | ({"Strict-Transport-Security": HSTS} if config.secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["request_id"] = secrets.token_hex(8)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                headers["X-Request-Id"] = scope["request_id"]
                headers.setdefault("Cache-Control", "no-store")
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


def _name(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()
