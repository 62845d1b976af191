"""JWTs of applications: signed by one of the few algorithms of FAPI 2.0 §5.4, with a public key that is long enough, or not taken."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from jwskate import Jwk, Jwt, SymmetricJwk

from app.errors import JwtRefused
from app.oauth.jose import read_public_key, verify

CLAIMS = {"sub": "x"}


def signed(key: Jwk, alg: str) -> str:
    return str(Jwt.sign(CLAIMS, key, alg=alg))


def public(key: Jwk) -> dict[str, Any]:
    return dict(key.public_jwk().to_dict())


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # by RFC 9864, and what most libraries still say
@pytest.mark.parametrize("alg", ["PS256", "ES256", "EdDSA"])
def test_what_is_allowed_is_taken(alg: str) -> None:
    key = Jwk.generate(alg=alg)
    assert verify(signed(key, alg), lambda _: read_public_key(public(key))).claims == CLAIMS


@pytest.mark.parametrize("alg", ["RS256", "PS384", "ES384"])
def test_another_algorithm_is_refused_though_its_signature_holds(alg: str) -> None:
    """With the very key; ES384 with its curve."""
    key = Jwk.generate(alg=alg)
    given = {name: value for name, value in public(key).items() if name != "alg"}
    with pytest.raises(JwtRefused):
        verify(signed(key, alg), lambda _: read_public_key(given))


def test_a_public_key_is_no_shared_secret() -> None:
    """HS256 over the words of the public key, and no signature at all."""
    key = Jwk.generate(alg="ES256")
    forged = signed(SymmetricJwk.from_bytes(str(public(key)).encode(), alg="HS256"), "HS256")
    for text in (forged, "eyJhbGciOiJub25lIn0." + forged.split(".")[1] + "."):
        with pytest.raises(JwtRefused):
            verify(text, lambda _: read_public_key(public(key)))


def test_keys_are_public_long_enough_and_on_the_curve() -> None:
    rsa = Jwk.generate(alg="PS256")
    short = Jwk.from_cryptography_key(generate_private_key(65537, 1024))  # which is what is wrong with it
    wrong: tuple[Any, ...] = (
        Jwk.generate(alg="ES256").to_dict(),
        rsa.to_dict(),
        public(short),
        public(Jwk.generate(alg="ES384")),
        {"kty": "oct", "k": "AAAA"},
        public(rsa) | {"n": "*"},
        {},
        None,
    )
    for one in wrong:
        with pytest.raises(JwtRefused):
            read_public_key(one)
    read_public_key(public(rsa))
