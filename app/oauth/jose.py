"""
JWS (RFC 7515) and JWK (RFC 7517) as FAPI 2.0 §5.4 allows them: PS256, ES256 and Ed25519, keys of enough length, never a private or shared
one.

joserfc does the cryptography and the parsing; what is claimed, its callers check (`assertion`, `dpop`, `account`).
"""

from collections.abc import Callable
from typing import Any

from joserfc import jwk, jws, jwt
from joserfc.errors import JoseError
from msgspec import Struct

from app.errors import JwtRefused
from app.webauthn import unb64

ALGORITHMS = ("PS256", "ES256", "Ed25519")
ACCEPTED = (*ALGORITHMS, "EdDSA")  # the older name of Ed25519 (RFC 9864 §3.1)
MAX_CHARACTERS = 8_000
RSA_BITS = (2048, 8192)
_CURVES = {"EC": "P-256", "OKP": "Ed25519"}
_REGISTRY = jws.JWSRegistry(algorithms=list(ACCEPTED), strict_check_header=False)


class Jwt(Struct, frozen=True):
    """What stood in a JWT whose signature holds."""

    header: dict[str, Any]
    claims: dict[str, Any]


def verify(text: str, key_for: Callable[[dict[str, Any]], jwk.Key]) -> Jwt:
    """Check a JWT with the key that its header leads to; raises JwtRefused."""
    if len(text) > MAX_CHARACTERS or not text.isascii():
        raise JwtRefused("too long")

    def find(guest: Any) -> jwk.Key:
        return key_for(guest.headers())

    try:
        token = jwt.decode(text, find, algorithms=list(ACCEPTED), registry=_REGISTRY)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:  # a parser of hostile text
        raise JwtRefused(type(error).__name__) from None
    return Jwt(dict(token.header), dict(token.claims))


def read_public_key(given: object) -> jwk.Key:
    """Read a public JWK of a kind that may sign; raises JwtRefused."""
    if not isinstance(given, dict) or given.get("kty") not in ("RSA", "EC", "OKP"):
        raise JwtRefused("not a public key")
    if any(name in given for name in ("d", "p", "q", "dp", "dq", "qi", "oth", "k")):
        raise JwtRefused("a private key")
    if given["kty"] in _CURVES and given.get("crv") != _CURVES[given["kty"]]:
        raise JwtRefused("another curve")
    try:
        if given["kty"] == "RSA" and not RSA_BITS[0] <= int.from_bytes(unb64(given["n"])).bit_length() <= RSA_BITS[1]:
            raise JwtRefused("the RSA key is too short, or far too long")
        return jwk.import_key(given)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise JwtRefused(type(error).__name__) from None


def claim_time(claims: dict[str, Any], name: str) -> float | None:
    """Give a time that is claimed; raises JwtRefused where it is no number."""
    value = claims.get(name)
    if value is not None and (not isinstance(value, int | float) or isinstance(value, bool)):
        raise JwtRefused(f"{name} is no time")
    return value
