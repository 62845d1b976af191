"""What an operator may register an application with: public keys that may sign, a certificate, addresses that can't be read in two ways."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwskate import Jwk, SymmetricJwk
from msgspec import Raw

from app.operator.refusal import Refusal
from app.operator.registration import Registration, read_registration
from tests.harness.stack import Stack
from tests.harness.tls import Authority


def short_rsa() -> dict[str, Any]:
    return dict(Jwk(rsa.generate_private_key(65537, 1024).public_key()).to_dict())


EC, RSA = Jwk.generate(alg="ES256"), Jwk.generate(alg="PS256")
GOOD = {"EC": EC, "RSA": RSA, "OKP": Jwk.generate(alg="EdDSA")}
BAD_SETS: dict[str, Any] = {
    "no JSON": b"{",
    "no set": EC.public_jwk().to_dict(),
    "empty": {"keys": []},
    "private": {"keys": [EC.to_dict()]},
    "shared": {"keys": [SymmetricJwk.generate(alg="HS256").to_dict()]},
    "another curve": {"keys": [Jwk.generate(alg="ES384").public_jwk().to_dict()]},
    "X25519": {"keys": [{"kty": "OKP", "crv": "X25519", "x": "A" * 43}]},
    "short RSA": {"keys": [short_rsa()]},
    "two without kid": {"keys": [one.public_jwk().to_dict() for one in (EC, RSA)]},
    "two with one kid": {"keys": [one.public_jwk().to_dict() | {"kid": "a"} for one in (EC, RSA)]},
    "eleven": {"keys": [EC.public_jwk().to_dict() | {"kid": str(number)} for number in range(11)]},
    "not on the curve": {"keys": [EC.public_jwk().to_dict() | {"y": EC.public_jwk().to_dict()["x"]}]},
}


def as_file(value: Any) -> Raw:
    return Raw(value if isinstance(value, bytes) else json.dumps(value).encode())


@pytest.mark.parametrize("kind", GOOD)
def test_public_keys_of_three_kinds_are_taken(kind: str) -> None:
    """P-256, RSA from 2048 bits, Ed25519."""
    key = GOOD[kind].public_jwk().to_dict()
    registered = read_registration(Registration(jwks=as_file({"keys": [key]})))
    assert registered.auth == "private_key_jwt"
    assert json.loads(registered.jwks) == {"keys": [key]}


@pytest.mark.parametrize("case", BAD_SETS)
def test_other_keys_are_refused(case: str) -> None:
    """With a sentence that says what is wrong, and nothing of a key that was private."""
    with pytest.raises(Refusal) as refusal:
        read_registration(Registration(jwks=as_file(BAD_SETS[case])))
    assert str(EC.to_dict()["d"]) not in str(refusal.value)


@pytest.mark.parametrize(
    "asked",
    [
        Registration(auth="private_key_jwt"),
        Registration(auth="secret", jwks=as_file({"keys": [EC.public_jwk().to_dict()]})),
        Registration(auth="mtls"),
        Registration(auth="tls_client_auth"),
        Registration(certificate="no certificate"),
        Registration(redirect_uris=["https://shop.example.jp/cb?x=1"]),
        Registration(redirect_uris=["http://shop.example.jp/cb"]),
        Registration(redirect_uris=[f"https://shop.example.jp/{number}" for number in range(11)]),
    ],
)
def test_what_does_not_belong_together_is_refused(asked: Registration) -> None:
    with pytest.raises(Refusal):
        read_registration(asked)


def test_command_registers_keys_certificates_and_addresses(stack: Stack, tmp_path: Path) -> None:
    """An application with a key or a certificate of its own gets no secret; the list says how each shows itself."""
    keys = tmp_path / "keys.json"
    keys.write_bytes(as_file({"keys": [EC.public_jwk().to_dict()]}))
    certificate, _ = Authority(tmp_path, "ca").issue("application")
    uri = "https://shop.example.jp/callback"
    words = {"private_key_jwt": ("--jwks", str(keys)), "mtls": ("--certificate", str(certificate)), "secret": ()}
    for auth, given in words.items():
        made = stack.natsuin("client", "add", f"Shop by {auth}", *given, "--redirect-uri", uri)
        assert (made["auth"], made["redirect_uris"], "client_secret" in made) == (auth, [uri], auth == "secret")
        (listed,) = (one for one in stack.natsuin("client", "list") if one["client_id"] == made["client_id"])
        assert listed["auth"] == auth
        stack.natsuin("client", "remove", made["client_id"])
