"""A CA in process with a clock in hand, and what its tests need to talk to it."""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID
from starlette.testclient import TestClient

from demo.ca.config import Config
from demo.ca.server import create_app

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass
class Desk:
    """A CA, and what one needs to talk to it."""

    directory: Path
    now: datetime = START
    http: TestClient = field(init=False)

    def __post_init__(self) -> None:
        self.http = TestClient(create_app(Config(port=0, directory=self.directory, url="http://ca.test"), lambda: self.now))

    def apply(self, user_id: str = "alice", name: str = "山田 花子") -> str:
        answer = self.http.post("/applications", json={"user_id": user_id, "name": name}, headers=self.officer)
        assert answer.status_code == 201
        code: str = answer.json()["code"]
        return code

    def enroll(self, code: str, csr: bytes, user_id: str = "alice", **changes: Any) -> Any:
        call = {
            "content": base64.b64encode(csr),
            "headers": {"Content-Type": "application/pkcs10"},
            "auth": (user_id, code),
        }
        return self.http.post("/.well-known/est/simpleenroll", **(call | changes))

    def issue(self, user_id: str = "alice") -> x509.Certificate:
        return certificate_of(self.enroll(self.apply(user_id), make_csr(), user_id))

    @property
    def officer(self) -> dict[str, str]:
        return {"Authorization": "Bearer " + (self.directory / "ra-secret").read_text()}

    @property
    def root(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.http.get("/ca.der").content)


def make_csr(key: Any = None, digest: Any = None) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "someone else")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name)
    return request.sign(key or ec.generate_private_key(ec.SECP256R1()), digest or hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def certificate_of(answer: Any) -> x509.Certificate:
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/pkcs7-mime; smime-type=certs-only"
    (certificate,) = pkcs7.load_der_pkcs7_certificates(base64.b64decode(answer.content, validate=True))
    return certificate
