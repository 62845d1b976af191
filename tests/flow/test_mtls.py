"""Applications known by their TLS certificate (RFC 8705): curl through a proxy that ends TLS, and what anybody could send without it."""

import base64
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest

from tests.flow.fapi import credential_details
from tests.flow.parties import Person, new_client
from tests.flow.wire import DIGEST, b64, error_of, refused, sign_body
from tests.harness.stack import Stack, running_stack
from tests.harness.tls import Authority
from tests.harness.tls_proxy import TlsProxy, write_secret

SECRET = "a secret between proxy and server"
GRANT = "grant_type=client_credentials"
NO_CERTIFICATE = refused("The registered client certificate is needed", "invalid_client", 401)


class Place(NamedTuple):
    """A stack behind a proxy, and an application with a certificate there; `other` is a certificate that nobody has registered."""

    stack: Stack
    url: str
    client_id: str
    own: tuple[Path, Path]
    other: tuple[Path, Path]
    root: Path

    def curl(self, path: str, *words: str, certificate: tuple[Path, Path] | None = None) -> tuple[int, Any]:
        shown = ["--cert", str(certificate[0]), "--key", str(certificate[1])] if certificate is not None else []
        command = ["curl", "-sS", "--cacert", str(self.root), *shown, *words, "-w", "\n%{http_code}", self.url + path]
        said = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout
        body, _, status = said.rpartition("\n")
        return int(status), json.loads(body)

    def token(self, certificate: tuple[Path, Path] | None) -> tuple[int, Any]:
        return self.curl("/oauth2/token", "-d", f"{GRANT}&client_id={self.client_id}", certificate=certificate)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("mtls")
    authority = Authority(folder, "proxy-ca")
    server, own, other = (authority.issue(name) for name in ("localhost", "application", "other"))
    settings = {"NATSUIN_CLIENT_CERTIFICATE_SECRET_FILE": str(write_secret(folder, SECRET))}
    with (
        running_stack(folder, **settings) as stack,
        TlsProxy(server, authority.path, stack.port, SECRET) as proxy,
    ):
        client_id, _ = new_client(stack, certificate=own[0].read_text())
        yield Place(stack, f"https://localhost:{proxy.port}", client_id, own, other, authority.path)


def test_certificate_is_what_the_application_is_known_by(place: Place) -> None:
    """The registered one gives a token that is bound to it (`x5t#S256`), works with it, and with no other or none."""
    status, told = place.token(place.own)
    assert (status, told["token_type"]) == (200, "Bearer")
    words = ["-H", f"Authorization: Bearer {told['access_token']}", "-H", "Content-Type: application/json", "-d", '{"userID": "u"}']
    assert place.curl("/csc/v2/credentials/list", *words, certificate=place.own) == (200, {"credentialIDs": []})
    for certificate in (place.other, None):
        status, refusal = place.curl("/csc/v2/credentials/list", *words, certificate=certificate)
        assert (status, refusal["error"]) == (401, "invalid_token")
    form = f"client_id={place.client_id}&token={told['access_token']}"
    _, introspected = place.curl("/oauth2/introspect", "-d", form, certificate=place.own)
    assert list(introspected["cnf"]) == ["x5t#S256"]
    metadata = place.stack.http.get("/.well-known/oauth-authorization-server").json()
    assert metadata["tls_client_certificate_bound_access_tokens"] is True
    assert "self_signed_tls_client_auth" in metadata["token_endpoint_auth_methods_supported"]


def test_another_certificate_or_none_is_refused(place: Place) -> None:
    """Also one of the same CA: the certificate itself was registered, not who issued it. A secret is no way around."""
    for certificate in (place.other, None):
        assert place.token(certificate)[0] == 401
    words = ["-u", f"{place.client_id}:", "-d", GRANT]
    assert place.curl("/oauth2/token", *words, certificate=place.own)[0] == 401


def test_credential_token_is_bound_to_a_certificate_also_as_sad(place: Place) -> None:
    """Beside a token of scope `service` of the same application that is bound to another certificate it is none."""
    client_id, secret = new_client(place.stack)
    person, shop = Person(place.stack), ["-u", f"{client_id}:{secret}"]
    services = [place.curl("/oauth2/token", *shop, "-d", GRANT, certificate=one)[1]["access_token"] for one in (place.own, place.other)]
    fields = ["-d", "scope=credential", "-d", f"login_hint={person.user_id}"]
    details = f"authorization_details={credential_details(person.credential_id)}"
    status, begun = place.curl("/oauth2/backchannel_authentication", *shop, *fields, "--data-urlencode", details, certificate=place.own)
    assert status == 200, begun
    person.approve(person.inbox()[0].id)
    polling = ["-d", "grant_type=urn:openid:params:grant-type:ciba", "-d", f"auth_req_id={begun['auth_req_id']}"]
    status, told = place.curl("/oauth2/token", *shop, *polling, certificate=place.own)
    assert status == 200, told
    body = json.dumps(sign_body(person.credential_id, told["access_token"], [b64(DIGEST)]))
    answers = []
    for token, certificate in zip(services[::-1], (place.other, place.own), strict=True):
        words = ["-H", f"Authorization: Bearer {token}", "-H", "Content-Type: application/json", "-d", body]
        status, answer = place.curl("/csc/v2/signatures/signHash", *words, certificate=certificate)
        answers.append((status, answer.get("error_description")))
    assert answers == [(400, "Invalid parameter SAD"), (200, None)]


@pytest.mark.parametrize("case", ["alone", "empty secret", "another secret", "secret twice", "certificate twice", "no certificate"])
def test_header_without_the_proxys_secret_counts_for_nothing(place: Place, case: str) -> None:
    """Whoever reaches the port without the proxy can write any header."""
    header = ("Client-Cert", f":{der_of(place.own[0])}:")
    headers = {
        "alone": [header],
        "empty secret": [header, ("Client-Cert-Secret", "")],
        "another secret": [header, ("Client-Cert-Secret", SECRET + "x")],
        "secret twice": [header, *[("Client-Cert-Secret", SECRET)] * 2],
        "certificate twice": [header, header, ("Client-Cert-Secret", SECRET)],
        "no certificate": [("Client-Cert", ":AAAA"), ("Client-Cert-Secret", SECRET)],
    }[case]
    data = {"grant_type": "client_credentials", "client_id": place.client_id}
    assert error_of(place.stack.http.post("/oauth2/token", data=data, headers=headers)) == NO_CERTIFICATE


def test_certificate_may_come_as_nginx_writes_it(place: Place) -> None:
    """Percent-encoded PEM, `$ssl_client_escaped_cert`."""
    headers = {"Client-Cert": quote(place.own[0].read_text()), "Client-Cert-Secret": SECRET}
    data = {"grant_type": "client_credentials", "client_id": place.client_id}
    assert place.stack.http.post("/oauth2/token", data=data, headers=headers).status_code == 200


def test_without_the_setting_no_header_is_heard(stack: Stack, place: Place) -> None:
    """A server that has no such proxy takes nobody's word, and does not announce the way."""
    client_id, _ = new_client(stack, certificate=place.own[0].read_text())
    headers = {"Client-Cert": f":{der_of(place.own[0])}:", "Client-Cert-Secret": SECRET}
    data = {"grant_type": "client_credentials", "client_id": client_id}
    assert error_of(stack.http.post("/oauth2/token", data=data, headers=headers)) == NO_CERTIFICATE
    methods = stack.http.get("/.well-known/oauth-authorization-server").json()["token_endpoint_auth_methods_supported"]
    assert "self_signed_tls_client_auth" not in methods


def der_of(pem: Path) -> str:
    lines = pem.read_text().splitlines()
    return base64.b64encode(base64.b64decode("".join(lines[1:-1]))).decode()
