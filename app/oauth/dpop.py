"""
Proof of possession (DPoP, RFC 9449): a JWT that the application makes for each request, with the key that its tokens are bound to.

Every proof must hold the nonce of these minutes (§8, §9). It is kept in Redis, as are the proofs that were seen: who loses the one loses
the other, so that no proof is taken twice, whatever becomes of Redis.
"""

import hashlib
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request

from app.errors import JwtRefused, ProofRefused
from app.oauth.jose import Jwt, claim_time, read_public_key, verify
from app.services import Services
from app.webauthn import b64

LIFE_S = 60
AHEAD_S = 15  # FAPI 2.0 §5.3.2.1: 10 seconds must be taken, 60 must not
MAX_JTI_CHARACTERS = 200
PORTS = {"https": 443, "http": 80}


async def proof_of(services: Services, request: Request, access_token: str | None = None) -> str | None:
    """
    Give the thumbprint (RFC 7638) of the key that the request proves to hold; None where it comes without a proof.

    Raises:
        ProofRefused: the proof is not for this request, was used before, or does not hold the nonce, which the answer then tells.
    """
    given = request.headers.getlist("dpop")
    if not given:
        return None
    at_resource = access_token is not None
    try:
        if len(given) != 1:
            raise JwtRefused("more than one")
        proof = verify(given[0], lambda header: read_public_key(header.get("jwk")))
        jti = _read(services, request, proof, access_token)
    except JwtRefused as refusal:
        raise ProofRefused("invalid_dpop_proof", f"The DPoP proof does not hold: {refusal}", at_resource=at_resource) from None
    nonces = await services.ephemeral.dpop_nonces(services.now())
    if proof.claims.get("nonce") not in nonces:
        raise ProofRefused("use_dpop_nonce", "The DPoP proof must hold the nonce", at_resource=at_resource, nonce=nonces[0])
    jkt = read_public_key(proof.header["jwk"]).thumbprint()
    if not await services.ephemeral.is_first_use("dpop", f"{jkt} {jti}", LIFE_S + 2 * AHEAD_S):
        raise ProofRefused("invalid_dpop_proof", "The DPoP proof was used before", at_resource=at_resource)
    return jkt


def _read(services: Services, request: Request, proof: Jwt, access_token: str | None) -> str:
    """Check what the proof is for (RFC 9449 §4.3), and give its id."""
    claims, now = proof.claims, services.now()
    if proof.header.get("typ") != "dpop+jwt":
        raise JwtRefused("typ")
    if claims.get("htm") != request.method:
        raise JwtRefused("htm")
    if not isinstance(claims.get("htu"), str) or _place(claims["htu"]) != _place(services.config.origin + request.url.path):
        raise JwtRefused("htu")
    issued, expires, begins = (claim_time(claims, name) for name in ("iat", "exp", "nbf"))
    if issued is None or not now - LIFE_S <= issued <= now + AHEAD_S:
        raise JwtRefused("iat")
    if (expires is not None and expires <= now) or (begins is not None and begins > now + AHEAD_S):
        raise JwtRefused("exp or nbf")
    if access_token is not None and claims.get("ath") != b64(hashlib.sha256(access_token.encode()).digest()):
        raise JwtRefused("ath")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI_CHARACTERS:
        raise JwtRefused("jti")
    return jti


def _place(url: str) -> tuple[Any, ...]:
    """Give the parts of an address that count (RFC 9449 §4.3 step 9): no query, no fragment."""
    try:
        parts = urlsplit(url)
        return parts.scheme.lower(), parts.hostname, parts.port or PORTS.get(parts.scheme.lower()), parts.path
    except ValueError:
        raise JwtRefused("htu") from None
