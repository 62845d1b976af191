"""Another CA that has certified a person before: its CRL and OCSP over HTTP, and applications that the person signs with openssl."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from tests.demo.ca_process import run
from tests.demo.relying_pki import Pki, usage


class OtherCa(Pki):
    """A CA that may be asked over HTTP; `asked` counts, `answers` turns it off."""

    def __init__(self, url: str | None, name: str = "Existing CA") -> None:
        super().__init__(url, name)
        self.asked = 0
        self.answers = True

    def for_signing_in(self, key: ec.EllipticCurvePrivateKey, name: str) -> x509.Certificate:
        """A certificate for authentication: digitalSignature alone."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(f"{self.url}/crl")], None, None, None)
        builder = (
            self._builder(subject, key, days=30)
            .add_extension(usage(digital_signature=True), critical=True)
            .add_extension(x509.CRLDistributionPoints([point]), critical=False)
        )
        leaf = builder.sign(self.key, hashes.SHA256())
        self.issued[leaf.serial_number] = leaf
        return leaf


@contextmanager
def other_ca() -> Iterator[OtherCa]:
    """Serve a CA for as long as the block lasts."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(lambda: ca.crl())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(lambda: ca.ocsp(body))

        def _answer(self, make: Any) -> None:
            ca.asked += 1
            body = make() if ca.answers else b""
            self.send_response(200 if ca.answers else 503)
            self.send_header("Content-Type", "application/ocsp-response" if self.command == "POST" else "application/pkix-crl")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    ca = OtherCa(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield ca
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Applicant:
    """A person with an existing certificate, in a folder: `key.pem`, `certificate.pem`."""

    def __init__(self, directory: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self.directory = directory
        (directory / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        (directory / "certificate.pem").write_bytes(certificate.public_bytes(Encoding.PEM))

    def sign(self, content: bytes, *options: str) -> bytes:
        """Sign with openssl."""
        (self.directory / "application.json").write_bytes(content)
        signing = ("-sign", "-binary", "-nodetach", "-md", "sha256", "-signer", "certificate.pem", "-inkey", "key.pem", *options)
        run(self.directory, "openssl", "cms", *signing, "-in", "application.json", "-outform", "DER", "-out", "application.p7m")
        return (self.directory / "application.p7m").read_bytes()


def application(now: datetime, key: ec.EllipticCurvePrivateKey, **changes: Any) -> bytes:
    """The JSON that is signed; a change to None leaves the field out."""
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    said = {
        "purpose": "natsuin/certificate-application",
        "ca": "http://ca.test",
        "user_id": "hanako",
        "name": "山田 花子",
        "created": (now - timedelta(seconds=5)).isoformat(),
        "public_key": base64.b64encode(spki).decode(),
    } | changes
    return json.dumps({name: value for name, value in said.items() if value is not None}).encode()
