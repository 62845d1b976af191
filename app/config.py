"""The authorization server's settings, read once from the environment; every problem is listed, no secret is ever shown."""

import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

from msgspec import Struct

from app.errors import CannotStart
from hsm.messages import KeyAlgorithm

KEY_ALGORITHMS: dict[str, KeyAlgorithm] = {name: name for name in get_args(KeyAlgorithm)}
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
HOST_NAME = re.compile(
    rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?\Z"
)  # never a number: the last label of one begins with a digit
CONTACT = re.compile(rf"(?:mailto:[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]+@|https://)((?:{_LABEL}\.)+[a-z]+)\Z")


class Config(Struct, frozen=True, kw_only=True):
    """
    All that the server can be told from outside.

    `origin` is how phones and applications reach us, the only origin whose pages may speak to us, and `rp_id` its host. Times are seconds.
    """

    port: int
    host: str
    data: Path
    origin: str
    rp_id: str
    database_url: str
    redis_url: str
    sam: str  # "unix:PATH", or "https://HOST:PORT" for mutual TLS
    sam_operator: str  # "unix:PATH", on the SAM's machine
    sam_tls_certificate: Path | None
    sam_tls_key: Path | None
    sam_tls_ca: Path | None
    operator_listen: str  # "unix:PATH", or "HOST:PORT" for mutual TLS
    operator_tls_certificate: Path | None
    operator_tls_key: Path | None
    operator_tls_client_ca: Path | None
    ca_url: str
    ca_tls_ca: Path | None  # None: whom the system trusts
    ca_client_certificate: Path | None  # a registration authority's; None: nothing is renewed
    ca_client_key: Path | None
    ca_office_url: str
    ca_registration_file: Path
    key_algorithm: KeyAlgorithm
    workers: int
    authorization_life_s: int
    open_per_signer: int
    inbox_per_signer: int
    quiet_after: int  # requests of one application that a signer refused: the next ones are not pushed
    refuse_after: int
    token_life_s: int
    session_life_s: int
    status_reuse_s: int
    renew_before_s: int
    push_contact: str  # for push services (RFC 8292 §2.1)
    push_key_file: Path
    document_key_file: Path
    oauth_keys_file: Path
    client_certificate_secret_file: Path | None  # of the proxy that reports client certificates; None: nobody does
    push_hosts: tuple[str, ...]  # beside the push services of the browsers; `*.` stands for every name below
    push_test_service: str | None
    pushes_per_signer: int  # in ten minutes
    callback_networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]  # beside the public Internet
    service_name: str
    region: str
    csc_login: bool
    tsa_url: str | None  # None: there is no time-stamping authority

    @property
    def ca_client(self) -> tuple[Path, Path] | None:
        """The files of the registration authority's certificate and key."""
        if self.ca_client_certificate is None or self.ca_client_key is None:
            return None
        return self.ca_client_certificate, self.ca_client_key

    @property
    def secure(self) -> bool:
        return self.origin.startswith("https:")


def read_config(environ: Mapping[str, str] = os.environ) -> Config:
    """
    Read the settings.

    Raises:
        CannotStart: with one line for every setting that can't be used.
    """
    problems: list[str] = []

    def number(name: str, default: int, low: int, high: int) -> int:
        text = environ.get(name, str(default))
        if text.isascii() and text.isdigit() and low <= int(text) <= high:
            return int(text)
        problems.append(f"{name} must be a number from {low} to {high}")
        return default

    def file(name: str) -> Path | None:
        if name not in environ:
            return None
        if not Path(environ[name]).is_file():
            problems.append(f"{name}: there is no file {environ[name]}")
        return Path(environ[name])

    def switch(name: str) -> bool:
        if (value := environ.get(name, "off")) not in ("on", "off"):
            problems.append(f"{name} must be on or off")
        return value == "on"

    port = number("NATSUIN_PORT", 8080, 1, 65_532)
    data = Path(environ.get("NATSUIN_DATA", "var")).absolute()
    origin = environ.get("NATSUIN_ORIGIN", f"http://localhost:{port}").rstrip("/")
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query or parts.fragment or parts.username:
        problems.append("NATSUIN_ORIGIN must look like https://sign.example.jp, without a path")
    elif parts.scheme == "http" and parts.hostname != "localhost":
        problems.append("NATSUIN_ORIGIN must be https, except for http://localhost: passkeys work nowhere else")
    sam = environ.get("NATSUIN_SAM", f"unix:{data / 'sam' / 'run' / 'sam.sock'}")
    tls = {name: file(name) for name in ("NATSUIN_SAM_CLIENT_CERTIFICATE", "NATSUIN_SAM_CLIENT_KEY", "NATSUIN_SAM_CA")}
    if sam.startswith("https://"):
        problems += [f"{name} is needed: to a SAM elsewhere we speak mutual TLS only" for name, path in tls.items() if path is None]
    elif not sam.startswith("unix:"):
        problems.append("NATSUIN_SAM must be unix:PATH or https://HOST:PORT")
    operator_listen = environ.get("NATSUIN_OPERATOR_LISTEN", f"unix:{data / 'operator' / 'operator.sock'}")
    operator_tls = {
        name: file(name) for name in ("NATSUIN_OPERATOR_TLS_CERTIFICATE", "NATSUIN_OPERATOR_TLS_KEY", "NATSUIN_OPERATOR_TLS_CLIENT_CA")
    }
    if not operator_listen.startswith("unix:"):
        problems += [
            f"{name} is needed: over TCP an operator speaks mutual TLS only" for name, path in operator_tls.items() if path is None
        ]
        place, _, tcp_port = operator_listen.rpartition(":")
        if not place or not (tcp_port.isascii() and tcp_port.isdigit() and 1 <= int(tcp_port[:6]) <= 65_535):
            problems.append("NATSUIN_OPERATOR_LISTEN must be unix:PATH or HOST:PORT")
    elif operator_listen == "unix:":
        problems.append("NATSUIN_OPERATOR_LISTEN must be unix:PATH or HOST:PORT")
    ca_url = environ.get("NATSUIN_CA_URL", f"https://localhost:{port + 3}").rstrip("/")
    if not ca_url.startswith("https://"):
        problems.append("NATSUIN_CA_URL must be https: EST carries the signer's code")
    ca_tls_ca = file("NATSUIN_CA_TLS_CA")
    if ca_tls_ca is None and "NATSUIN_CA_URL" not in environ:
        ca_tls_ca = data / "ca" / "root.pem"  # the demo CA makes it when it starts
    tsa_url = environ.get("NATSUIN_TSA_URL", "" if "NATSUIN_CA_URL" in environ else f"http://localhost:{port + 2}/tsa")
    if tsa_url and (urlsplit(tsa_url).scheme not in ("http", "https") or not urlsplit(tsa_url).hostname):
        problems.append("NATSUIN_TSA_URL must be an http or https address: tokens are signed, so that either will do")
    client = {name: file(name) for name in ("NATSUIN_CA_CLIENT_CERTIFICATE", "NATSUIN_CA_CLIENT_KEY")}
    if "NATSUIN_CA_URL" not in environ and client == {"NATSUIN_CA_CLIENT_CERTIFICATE": None, "NATSUIN_CA_CLIENT_KEY": None}:
        made = ("signing-service.pem", "signing-service-key.pem")  # by the demo CA, when it starts
        client = {name: data / "ca" / file_name for name, file_name in zip(client, made, strict=True)}
    if (client["NATSUIN_CA_CLIENT_CERTIFICATE"] is None) != (client["NATSUIN_CA_CLIENT_KEY"] is None):
        problems.append("NATSUIN_CA_CLIENT_CERTIFICATE and NATSUIN_CA_CLIENT_KEY belong together")
    key_algorithm = KEY_ALGORITHMS.get(environ.get("NATSUIN_KEY_ALGORITHM", "rsa-3072"), "rsa-3072")
    if environ.get("NATSUIN_KEY_ALGORITHM", key_algorithm) not in KEY_ALGORITHMS:
        problems.append(f"NATSUIN_KEY_ALGORITHM must be one of {', '.join(KEY_ALGORITHMS)}")
    push_contact = environ.get("NATSUIN_PUSH_CONTACT", f"https://{parts.hostname or ''}")
    if "NATSUIN_PUSH_CONTACT" in environ and CONTACT.match(push_contact) is None:
        problems.append("NATSUIN_PUSH_CONTACT must be mailto:NAME@HOST or https://HOST, and real: Apple refuses others")
    push_hosts = tuple(name.strip() for name in environ.get("NATSUIN_PUSH_HOSTS", "").split(",") if name.strip())
    problems += [
        f"NATSUIN_PUSH_HOSTS: {name} is not a host name, or *. and one"
        for name in push_hosts
        if HOST_NAME.match(name.removeprefix("*.")) is None
    ]
    callback_networks = []
    for text in (one.strip() for one in environ.get("NATSUIN_CALLBACK_NETWORKS", "").split(",") if one.strip()):
        try:
            callback_networks.append(ipaddress.ip_network(text))
        except ValueError:
            problems.append(f"NATSUIN_CALLBACK_NETWORKS: {text} is not a network like 10.20.0.0/16")
    push_test_service = environ.get("NATSUIN_PUSH_TEST_SERVICE")
    if push_test_service is not None:
        if re.match(r"http://localhost:\d{1,5}\Z", push_test_service) is None:
            problems.append("NATSUIN_PUSH_TEST_SERVICE must be http://localhost:PORT")
        if parts.scheme == "https":
            problems.append("NATSUIN_PUSH_TEST_SERVICE is for tests on http://localhost: take it away")
    config = Config(
        port=port,
        host=environ.get("NATSUIN_HOST", "127.0.0.1"),
        data=data,
        origin=origin,
        rp_id=parts.hostname or "",
        database_url=environ.get("NATSUIN_DATABASE_URL", f"sqlite:///{data / 'app' / 'natsuin.db'}"),
        redis_url=environ.get("NATSUIN_REDIS_URL", f"unix://{data / 'redis' / 'redis.sock'}"),
        sam=sam,
        sam_operator=environ.get("NATSUIN_SAM_OPERATOR_LISTEN", f"unix:{data / 'sam' / 'run' / 'operator.sock'}"),
        sam_tls_certificate=tls["NATSUIN_SAM_CLIENT_CERTIFICATE"],
        sam_tls_key=tls["NATSUIN_SAM_CLIENT_KEY"],
        sam_tls_ca=tls["NATSUIN_SAM_CA"],
        operator_listen=operator_listen,
        operator_tls_certificate=operator_tls["NATSUIN_OPERATOR_TLS_CERTIFICATE"],
        operator_tls_key=operator_tls["NATSUIN_OPERATOR_TLS_KEY"],
        operator_tls_client_ca=operator_tls["NATSUIN_OPERATOR_TLS_CLIENT_CA"],
        ca_url=ca_url,
        ca_tls_ca=ca_tls_ca,
        ca_client_certificate=client["NATSUIN_CA_CLIENT_CERTIFICATE"],
        ca_client_key=client["NATSUIN_CA_CLIENT_KEY"],
        ca_office_url=environ.get("NATSUIN_CA_OFFICE_URL", f"http://localhost:{port + 2}").rstrip("/"),
        ca_registration_file=Path(environ.get("NATSUIN_CA_REGISTRATION_FILE", data / "ca" / "ra-secret")),
        key_algorithm=key_algorithm,
        workers=number("NATSUIN_WORKERS", 2, 1, 64),
        authorization_life_s=number("NATSUIN_AUTHORIZATION_LIFE", 180, 30, 600),
        open_per_signer=number("NATSUIN_OPEN_PER_SIGNER", 3, 1, 100_000),
        inbox_per_signer=number("NATSUIN_INBOX_PER_SIGNER", 20, 1, 100_000),
        quiet_after=number("NATSUIN_QUIET_AFTER", 3, 1, 100_000),
        refuse_after=number("NATSUIN_REFUSE_AFTER", 5, 1, 100_000),
        token_life_s=number("NATSUIN_TOKEN_LIFE", 3_600, 1, 86_400),
        session_life_s=number("NATSUIN_SESSION_LIFE", 30 * 86_400, 60, 366 * 86_400),
        renew_before_s=86_400 * number("NATSUIN_RENEW_BEFORE", 30, 1, 3_650),
        status_reuse_s=number("NATSUIN_STATUS_REUSE", 0, 0, 3_600),
        push_contact=push_contact,
        document_key_file=Path(environ.get("NATSUIN_DOCUMENT_KEY_FILE", data / "app" / "document.key")),
        oauth_keys_file=Path(environ.get("NATSUIN_OAUTH_KEYS_FILE", data / "app" / "oauth-keys.json")),
        client_certificate_secret_file=file("NATSUIN_CLIENT_CERTIFICATE_SECRET_FILE"),
        push_key_file=Path(environ.get("NATSUIN_PUSH_KEY_FILE", data / "app" / "push-key.pem")),
        push_hosts=push_hosts,
        push_test_service=push_test_service,
        pushes_per_signer=number("NATSUIN_PUSHES_PER_SIGNER", 5, 0, 1_000),
        callback_networks=tuple(callback_networks),
        service_name=environ.get("NATSUIN_NAME", "Natsuin"),
        region=environ.get("NATSUIN_REGION", "JP"),
        csc_login=switch("NATSUIN_CSC_LOGIN"),
        tsa_url=tsa_url or None,
    )
    if problems:
        raise CannotStart("\n".join(problems))
    return config
