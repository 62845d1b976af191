"""The SAM's settings, read once from the environment; every problem is listed, no secret is ever shown."""

import os
import re
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import Struct

from hsm.attestation import PasskeyPolicy
from hsm.errors import BadConfiguration
from hsm.messages import Factors
from hsm.revocation import Requirement, StatusPolicy

SOFTHSM_MODULES = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path(f"/usr/lib/{sysconfig.get_config_var('MULTIARCH')}/softhsm/libsofthsm2.so"),
    Path("/usr/local/lib/softhsm/libsofthsm2.so"),
)
ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<host>[a-z0-9-]+(\.[a-z0-9-]+)*)(:[0-9]{1,5})?")  # as browsers write it
NUMBER = re.compile(r"[0-9]{1,9}")


class Config(Struct, frozen=True, kw_only=True):
    """
    All that the SAM can be told from outside.

    `origin` is the one web origin whose passkeys are believed; `rp_id` is its host. `sad_life_s` is how long an approval may be used.
    `sessions` is the number of PKCS#11 sessions, and so of operations at once. `embedded` means that the token is ours to make.
    `status_policy` says what the CA's word on a certificate is needed for, `factors` what may approve for
    keys that are made from now on, `passkeys` which new passkeys are taken,
    `uncertified_life_s` how long a key may wait for its certificate,
    `recovery_wait_s` how long a passkey that was made with a recovery code waits.
    """

    data: Path
    origin: str
    rp_id: str
    database_url: str
    listen: str  # "unix:PATH", or "HOST:PORT" for mutual TLS
    operator_socket: Path
    tls_certificate: Path | None
    tls_key: Path | None
    tls_client_ca: Path | None
    module: Path
    token_label: str
    pin_file: Path
    embedded: bool
    sessions: int
    sad_life_s: int
    status_policy: StatusPolicy
    factors: Factors
    passkeys: PasskeyPolicy
    uncertified_life_s: int
    recovery_wait_s: int


def read_config(environ: Mapping[str, str] = os.environ) -> Config:
    """
    Read the settings.

    Raises:
        BadConfiguration: with one line for every setting that can't be used.
    """
    problems: list[str] = []

    def number(name: str, default: int, low: int, high: int) -> int:
        text = environ.get(name, str(default))
        if NUMBER.fullmatch(text) and low <= int(text) <= high:
            return int(text)
        problems.append(f"{name} must be a number from {low} to {high}")
        return default

    def file(name: str) -> Path | None:
        if name not in environ:
            return None
        path = Path(environ[name])
        if not path.is_file():
            problems.append(f"{name}: there is no file {path}")
        return path

    port = number("NATSUIN_PORT", 8080, 1, 65_535)
    data = Path(environ.get("NATSUIN_DATA", "var")).absolute()
    origin = environ.get("NATSUIN_ORIGIN", f"http://localhost:{port}").rstrip("/")
    parts = ORIGIN.fullmatch(origin)
    if parts is None:
        problems.append("NATSUIN_ORIGIN must look like https://sign.example.jp or https://sign.example.jp:8443, without a path")
    elif parts["scheme"] == "http" and parts["host"] != "localhost":
        problems.append("NATSUIN_ORIGIN must be https, except for http://localhost: passkeys work nowhere else")

    embedded = "NATSUIN_HSM_MODULE" not in environ
    module = file("NATSUIN_HSM_MODULE") or next((path for path in SOFTHSM_MODULES if path.is_file()), SOFTHSM_MODULES[0])
    if embedded and not module.is_file():
        problems.append("SoftHSM2 is not installed (Debian: libsofthsm2), and NATSUIN_HSM_MODULE names no other PKCS#11 module")
    pin_file = file("NATSUIN_HSM_PIN_FILE")
    if not embedded:
        problems += [
            f"{name} is needed with NATSUIN_HSM_MODULE" for name in ("NATSUIN_HSM_TOKEN", "NATSUIN_HSM_PIN_FILE") if name not in environ
        ]

    listen = environ.get("NATSUIN_SAM_LISTEN", f"unix:{data / 'sam' / 'run' / 'sam.sock'}")
    tls = {name: file(name) for name in ("NATSUIN_SAM_TLS_CERTIFICATE", "NATSUIN_SAM_TLS_KEY", "NATSUIN_SAM_TLS_CLIENT_CA")}
    if not listen.startswith("unix:"):
        problems += [f"{name} is needed: over TCP the SAM speaks mutual TLS only" for name, path in tls.items() if path is None]
        host, _, tcp_port = listen.rpartition(":")
        if not host or not NUMBER.fullmatch(tcp_port) or not 1 <= int(tcp_port) <= 65_535:
            problems.append("NATSUIN_SAM_LISTEN must be unix:PATH or HOST:PORT")

    operator_listen = environ.get("NATSUIN_SAM_OPERATOR_LISTEN", f"unix:{data / 'sam' / 'run' / 'operator.sock'}")
    if not re.fullmatch("unix:.+", operator_listen) or operator_listen == listen:
        problems.append("NATSUIN_SAM_OPERATOR_LISTEN must be unix:PATH, and another path than the web server's")

    try:
        requirement = Requirement(environ.get("NATSUIN_REVOCATION", "require"))
    except ValueError:
        problems.append("NATSUIN_REVOCATION must be require, prefer or off")
        requirement = Requirement.REQUIRE

    try:
        factors = msgspec.convert(environ.get("NATSUIN_FACTORS", "passkey"), Factors)
    except msgspec.ValidationError:
        problems.append("NATSUIN_FACTORS must be passkey or passkey_or_otp")
        factors = "passkey"

    config = Config(
        data=data / "sam",
        origin=origin,
        rp_id=parts["host"] if parts else "",
        database_url=environ.get("NATSUIN_SAM_DATABASE_URL", f"sqlite:///{data / 'sam' / 'sam.db'}"),
        listen=listen,
        operator_socket=Path(operator_listen.removeprefix("unix:")),
        tls_certificate=tls["NATSUIN_SAM_TLS_CERTIFICATE"],
        tls_key=tls["NATSUIN_SAM_TLS_KEY"],
        tls_client_ca=tls["NATSUIN_SAM_TLS_CLIENT_CA"],
        module=module,
        token_label=environ.get("NATSUIN_HSM_TOKEN", "natsuin"),
        pin_file=pin_file or data / "sam" / "pin",
        embedded=embedded,
        sessions=number("NATSUIN_HSM_SESSIONS", 4, 1, 64),
        sad_life_s=number("NATSUIN_SAD_LIFE", 120, 5, 600),
        status_policy=StatusPolicy(requirement, number("NATSUIN_STATUS_MAX_AGE", 300, 1, 30 * 86_400)),
        factors=factors,
        passkeys=_passkey_policy(environ, problems),
        uncertified_life_s=number("NATSUIN_UNCERTIFIED_LIFE", 31 * 86_400, 1, 366 * 86_400),
        recovery_wait_s=number("NATSUIN_RECOVERY_WAIT", 86_400, 0, 30 * 86_400),
    )
    if problems:
        raise BadConfiguration("\n".join(problems))
    return config


def _passkey_policy(environ: Mapping[str, str], problems: list[str]) -> PasskeyPolicy:
    """Read which passkeys are taken; what is wrong is added to `problems`."""
    roots, models, before = [], [], len(problems)
    if "NATSUIN_ATTESTATION_ROOTS" in environ:
        place = Path(environ["NATSUIN_ATTESTATION_ROOTS"])
        files = sorted(place.glob("*.pem")) if place.is_dir() else [place]
        roots = [root for file in files for root in _roots(file, problems)]
        if not roots and len(problems) == before:
            problems.append(f"NATSUIN_ATTESTATION_ROOTS: there is no certificate in {place}")
    for text in filter(None, re.split(r"[\s,]+", environ.get("NATSUIN_AAGUIDS", ""))):
        try:
            models.append(str(UUID(text)))
        except ValueError:
            problems.append(f"NATSUIN_AAGUIDS: {text} is no AAGUID, such as 2fc0579f-8113-47ea-b116-bb5a8db9202a")
    if models and "NATSUIN_ATTESTATION_ROOTS" not in environ:
        problems.append("NATSUIN_AAGUIDS needs NATSUIN_ATTESTATION_ROOTS: without attestation a passkey only claims to be of a model")
    synced = environ.get("NATSUIN_SYNCED_PASSKEYS", "allow")
    if synced not in ("allow", "refuse"):
        problems.append("NATSUIN_SYNCED_PASSKEYS must be allow or refuse")
    return PasskeyPolicy(tuple(roots), tuple(models), synced == "allow")


def _roots(file: Path, problems: list[str]) -> list[bytes]:
    """Read a file of certificates, each of them signed by itself, as PEM."""
    try:
        certificates = x509.load_pem_x509_certificates(file.read_bytes())
        for certificate in certificates:
            certificate.verify_directly_issued_by(certificate)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature) as error:
        problems.append(f"NATSUIN_ATTESTATION_ROOTS: {file} does not hold root certificates in PEM ({type(error).__name__})")
        return []
    return [certificate.public_bytes(Encoding.PEM) for certificate in certificates]
