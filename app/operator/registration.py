"""
What an application is registered with for OAuth 2.0: how it shows who it is, by what key or certificate, and where browsers may be sent
back to.

Registration is the operator's act (no RFC 7591 by the network); keys are given as a file, never fetched from an address.
"""

import json
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from msgspec import Raw, Struct

from app.errors import JwtRefused
from app.oauth.jose import read_public_key
from app.operator.refusal import Refusal
from app.operator.return_url import MOST_RETURN_URLS, read_return_url

MOST_KEYS = 10
MAX_JWKS_BYTES = 100_000


class Registration(Struct, frozen=True, kw_only=True):
    """`auth` is secret, private_key_jwt or mtls, as far as it is given; `jwks` is a JWK Set, `certificate` one in PEM."""

    auth: str | None = None
    jwks: Raw | None = None
    certificate: str | None = None
    redirect_uris: list[str] = []


class Registered(Struct, frozen=True):
    """The same, checked, as it is recorded."""

    auth: str = "secret"
    jwks: str = ""
    certificate_sha256: bytes | None = None
    redirect_uris: tuple[str, ...] = ()


def read_registration(asked: Registration) -> Registered:
    """Check what an operator gives; raises Refusal."""
    implied = "private_key_jwt" if asked.jwks is not None else "mtls" if asked.certificate is not None else "secret"
    auth = asked.auth or implied
    if auth not in ("secret", "private_key_jwt", "mtls"):
        raise Refusal("An application shows itself by secret, private_key_jwt or mtls.")
    if (auth == "private_key_jwt") is not (asked.jwks is not None):
        raise Refusal("private_key_jwt and a JWK Set belong together.")
    if (auth == "mtls") is not (asked.certificate is not None):
        raise Refusal("mtls and a certificate belong together.")
    if len(asked.redirect_uris) > MOST_RETURN_URLS:
        raise Refusal(f"At most {MOST_RETURN_URLS} redirect URIs.")
    return Registered(
        auth,
        read_jwks(bytes(asked.jwks)) if asked.jwks is not None else "",
        _fingerprint(asked.certificate) if asked.certificate is not None else None,
        tuple(read_return_url(uri) for uri in asked.redirect_uris),
    )


def read_jwks(raw: bytes) -> str:
    """Read a JWK Set of public keys; raises Refusal."""
    try:
        keys = json.loads(raw)["keys"] if len(raw) <= MAX_JWKS_BYTES else []
        ids = [one.get("kid") for one in keys]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Refusal('This is not a JWK Set: {"keys": [...]}.') from None
    if not 0 < len(keys) <= MOST_KEYS or (len(keys) > 1 and (None in ids or len(set(map(str, ids))) < len(ids))):
        raise Refusal(f"A JWK Set has 1 to {MOST_KEYS} keys; of several, each has a kid of its own.")
    for number, one in enumerate(keys, 1):
        try:
            read_public_key(one)
        except JwtRefused as refusal:
            raise Refusal(f"Key {number} can't be used: {refusal}. Public RSA (2048 bits and more), P-256 and Ed25519 keys can.") from None
    return json.dumps({"keys": keys})


def told(auth: str, redirect_uris: Sequence[str]) -> dict[str, object]:
    """Say it as the command line and the operator's API do."""
    return {"auth": auth, "redirect_uris": list(redirect_uris)}


def _fingerprint(pem: str) -> bytes:
    try:
        return x509.load_pem_x509_certificate(pem.encode()).fingerprint(hashes.SHA256())
    except ValueError:
        raise Refusal("This is not a certificate in PEM.") from None
