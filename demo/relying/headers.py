"""What every answer carries (CSP Level 3, Fetch Metadata, …), and requests that are refused before any page sees them; pure ASGI."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), publickey-credentials-get=(), "
    "publickey-credentials-create=()",
    "Cache-Control": "no-store",
}
VIEWER = "/static/viewer/"
# The frame in which a PDF is drawn: a sandbox without an origin, a cookie or a way out. What has no origin is a stranger to its own server,
# so these files, which are public and the same for everyone, say that strangers may read them.
OF_VIEWER = {
    "Content-Security-Policy": "sandbox allow-scripts; default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
    "img-src blob:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
}


class SecurityHeaders:
    """Add `HEADERS` to every answer, and `OF_VIEWER` where a PDF is drawn."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in (HEADERS | (OF_VIEWER if scope["path"].startswith(VIEWER) else {})).items():
                    headers[name] = value
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


class SameOriginPosts:
    """Refuse a form that another site sends in the visitor's name: it could make a signer's phone ring."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD") and _is_from_elsewhere(Headers(scope=scope)):
            await PlainTextResponse("This form was sent from another site.", status_code=403)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _is_from_elsewhere(headers: Headers) -> bool:
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site != "same-origin"  # our own forms say `Origin: null` as well, because of Referrer-Policy
    return origin is not None and urlsplit(origin).netloc != headers.get("host")
