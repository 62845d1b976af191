"""
Serves every page and state with sample data, under the real security policy, to be looked at: `python -m tests.pages.preview [PORT]`.

It answers the calls of the scripts with canned values and checks nothing: no evidence is verified here.
"""

import json
import sys
from base64 import urlsafe_b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from app.phone.qr import qr_code
from app.phone.static import STATIC, static_path
from app.phone.style import style_source

from .account_samples import NEW_DEVICE
from .rendering import LANGUAGES, render
from .sample import NOW, creation_options, request_options
from .samples import SAMPLES, WAITING

POLICY = (
    f"default-src 'none'; script-src 'self'; style-src 'self' {style_source()}; img-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
PERSON = {"user_id": "signer-0042", "name": "山田 太郎"}
SECRET_LINK = "otpauth://totp/Natsuin:taro?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Natsuin"
LINK = "https://sign.example.jp/new-device#Zk81vB3uT0a9LwPeQm7xRd"
CHANGE = urlsafe_b64encode(json.dumps({"name": NEW_DEVICE["name"]}).encode()).decode().rstrip("=")
OCRA = {"typed": "12345678", "scanned": "ab" * 32, "qr": qr_code("ab" * 32)}
ANSWERS: dict[str, object] = {
    "/enroll/options": {**PERSON, "publicKey": creation_options(), "made": None},
    "/enroll/key": {"made": "key"},
    "/enroll": {**PERSON, "credential_id": "c-1", "not_after": NOW + 2 * 365 * 86400, "here": True},
    "/sign-in/options": {"ceremony": "s-1", "publicKey": request_options()},
    "/sign-in": PERSON,
    "/sign-out": {},
    "/inbox": {"waiting": WAITING},
    "/s": {"path": "#opened"},
    "/account/add": {"id": NEW_DEVICE["id"], "link": LINK, "qr": qr_code(LINK), "expires_in": 600},
    f"/account/add/{NEW_DEVICE['id']}": {"state": "open"},
    "/account/change": {"id": "c-1", "transaction": CHANGE, "publicKey": request_options(), "expires_in": 600, "ocra": OCRA},
    "/new-device/state": {"state": "open"},
    "/new-device/options": {**PERSON, "transaction": "e30", "publicKey": creation_options()},
    "/new-device": {"state": "made", "name": "書斎のパソコン", "code": "482 913", "expires_in": 600},
    "/freeze": {"keys": []},
    "/account/otp/offer": {"id": "O" * 22, "link": SECRET_LINK, "qr": qr_code(SECRET_LINK), "secret": ["JBSW", "Y3DP", "EHPK", "3PXP"] * 2},
    "/account/otp/serial": {"id": "T" * 22},
    "/second-way": {"next": "/"},
    "/renew-under-way": {"renewal": "under_way"},
    "/recover/options": {"user_id": "signer-0042", "person": "山田 太郎", "state": "unused", "publicKey": creation_options()},
    "/recover": {"state": "waiting", "name": "新しいスマートフォン", "until": NOW + 86_400},
}
MEDIA = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".png": "image/png"}


class Preview(BaseHTTPRequestHandler):
    """`/` lists the samples, `/NAME?lang=ja` is one; other paths are what the pages themselves ask for."""

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        name = address.path.strip("/")
        lang = parse_qs(address.query).get("lang", ["ja"])[0]
        if address.path.startswith(static_path("")):
            file = STATIC / name.rpartition("/")[2]
            self.answer(file.read_bytes(), MEDIA[file.suffix])
        elif name in SAMPLES and lang in LANGUAGES and "json" not in self.headers["Accept"]:
            self.answer(render(SAMPLES[name], lang).encode(), "text/html; charset=utf-8")
        elif address.path.endswith("/events"):
            self.send_response(204)  # nothing is told, and nobody asks again
            self.end_headers()
        elif not name:
            links = [f"<a href='/{sample}?lang={lang}#link'>{sample} ({lang})</a>" for sample in SAMPLES for lang in LANGUAGES]
            self.answer(f"<!doctype html><title>Pages</title>{'<br>'.join(links)}".encode(), "text/html; charset=utf-8")
        else:
            self.canned(address.path)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.canned(self.path)

    def canned(self, path: str) -> None:
        self.answer(json.dumps(ANSWERS.get(path, {"publicKey": request_options()})).encode(), "application/json")

    def answer(self, body: bytes, media: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: only what the browser shows matters here."""


def serve(port: int = 0) -> ThreadingHTTPServer:
    return ThreadingHTTPServer(("127.0.0.1", port), Preview)


if __name__ == "__main__":
    server = serve(int(sys.argv[1]) if len(sys.argv) > 1 else 8090)
    print(f"http://localhost:{server.server_port}/")
    server.serve_forever()
