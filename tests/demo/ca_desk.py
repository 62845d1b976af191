"""A CA in process with a clock in hand, and what its tests need to talk to it; TLS is left out, its client certificate is handed in."""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import AttributeOID, NameOID
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from demo.ca.config import Config
from demo.ca.office import Office, open_office
from demo.ca.server import create_est, create_public
from tests.demo.ca_letter import read_letter

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass
class Desk:
    """A CA, and what one needs to talk to it."""

    directory: Path
    now: datetime = START
    client: x509.Certificate | None = None
    """What the client shows in TLS."""
    office: Office = field(init=False)
    http: TestClient = field(init=False)
    est: TestClient = field(init=False)

    def __post_init__(self) -> None:
        config = Config(port=0, est_port=0, directory=self.directory, url="http://ca.test", trusted=self.directory / "trusted")
        self.office = open_office(config, lambda: self.now)
        self.http = TestClient(create_public(self.office), base_url="http://ca.test")
        secured = create_est(self.office)

        async def with_client(scope: Scope, receive: Receive, send: Send) -> None:
            chain = [] if self.client is None else [self.client.public_bytes(serialization.Encoding.PEM).decode()]
            await secured({**scope, "extensions": {"tls": {"client_cert_chain": chain}}}, receive, send)

        self.est = TestClient(with_client, base_url="https://ca.test")

    def register(self, user_id: str = "alice", name: str = "山田 花子", **more: Any) -> Any:
        return self.http.post("/applications", json={"user_id": user_id, "name": name, **more}, headers=self.officer)

    def accept(self, application_id: int = 1) -> str:
        """Accept at the desk, and read the code from the letter."""
        self.http.post("/desk/sign-in", data={"secret": self.office.officer_secret.decode()})
        if self.http.get("/desk").text.count("<section") < application_id:
            self.register()
        page = self.http.post(f"/desk/applications/{application_id}/accept")
        assert page.status_code == 200, page.text
        return self.letter_of(page.text)

    def letter_of(self, page: str) -> str:
        """Read the code from the letter that a page of the desk holds."""
        pdf = self.directory.parent / "letter.pdf"
        pdf.write_bytes(base64.b64decode(page.partition("data:application/pdf;base64,")[2].partition('"')[0]))
        return read_letter(pdf).code

    def apply(self, user_id: str = "alice", name: str = "山田 花子") -> str:
        answer = self.register(user_id, name)
        assert answer.status_code == 201
        code: str = answer.json()["code"]
        return code

    def enroll(self, code: str, csr: bytes, user_id: str = "alice", **changes: Any) -> Any:
        call = {
            "content": base64.b64encode(csr),
            "headers": {"Content-Type": "application/pkcs10"},
            "auth": (user_id, code),
        }
        return self.est.post("/.well-known/est/simpleenroll", **(call | changes))

    def reenroll(self, csr: bytes) -> Any:
        headers = {"Content-Type": "application/pkcs10"}
        return self.est.post("/.well-known/est/simplereenroll", content=base64.b64encode(csr), headers=headers)

    def issue(self, user_id: str = "alice", **request: Any) -> x509.Certificate:
        return certificate_of(self.enroll(self.apply(user_id), make_csr(**request), user_id))

    @property
    def officer(self) -> dict[str, str]:
        return {"Authorization": "Bearer " + (self.directory / "ra-secret").read_text()}

    @property
    def root(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.http.get("/ca.der").content)


SOMEONE_ELSE = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "someone else")])


def make_csr(
    key: Any = None,
    digest: Any = None,
    *,
    subject: x509.Name = SOMEONE_ELSE,
    password: str | None = None,
    extensions: tuple[x509.ExtensionType, ...] = (),
) -> bytes:
    request = x509.CertificateSigningRequestBuilder().subject_name(subject)
    if password is not None:
        request = request.add_attribute(AttributeOID.CHALLENGE_PASSWORD, password.encode())
    for extension in extensions:
        request = request.add_extension(extension, critical=False)
    return request.sign(key or ec.generate_private_key(ec.SECP256R1()), digest or hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def certificate_of(answer: Any) -> x509.Certificate:
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/pkcs7-mime; smime-type=certs-only"
    (certificate,) = pkcs7.load_der_pkcs7_certificates(base64.b64decode(answer.content, validate=True))
    return certificate
