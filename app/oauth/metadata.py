"""What this authorization server can do (RFC 8414), and the public keys of what it signs (RFC 7517 §5)."""

from starlette.requests import Request
from starlette.responses import Response

from app.answering import answer
from app.oauth.answers import Metadata, PublicKey, PublicKeys
from app.oauth.jose import ALGORITHMS
from app.oauth.token import GRANTS
from app.oauth_keys import ALGORITHM
from app.services import Services

DETAILS = ("credential", "https://cloudsignatureconsortium.org/2025/credential")


async def metadata(services: Services, _: Request) -> Response:
    """Describe the server; the issuer is its origin."""
    origin = services.config.origin
    certificates = services.proxy_secret_sha256 is not None
    methods = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
    told = Metadata(
        issuer=origin,
        authorization_endpoint=f"{origin}/oauth2/authorize",
        token_endpoint=f"{origin}/oauth2/token",
        revocation_endpoint=f"{origin}/oauth2/revoke",
        introspection_endpoint=f"{origin}/oauth2/introspect",
        pushed_authorization_request_endpoint=f"{origin}/oauth2/pushed_authorize",
        require_pushed_authorization_requests=True,
        backchannel_authentication_endpoint=f"{origin}/oauth2/backchannel_authentication",
        backchannel_token_delivery_modes_supported=["poll", "ping"],
        backchannel_user_code_parameter_supported=False,
        jwks_uri=f"{origin}/oauth2/jwks",
        scopes_supported=["service", "credential", "openid"],
        response_types_supported=["code"],
        response_modes_supported=["query"],
        grant_types_supported=list(GRANTS),
        code_challenge_methods_supported=["S256"],
        authorization_response_iss_parameter_supported=True,
        authorization_details_types_supported=list(DETAILS),
        token_endpoint_auth_methods_supported=methods + (["self_signed_tls_client_auth"] if certificates else []),
        token_endpoint_auth_signing_alg_values_supported=list(ALGORITHMS),
        dpop_signing_alg_values_supported=list(ALGORITHMS),
        tls_client_certificate_bound_access_tokens=certificates,
        subject_types_supported=["public"],
        id_token_signing_alg_values_supported=[ALGORITHM],
    )
    return answer(told)


async def jwks(services: Services, _: Request) -> Response:
    """Publish the server's public keys."""
    keys = [PublicKey(**one) for one in services.oauth_keys.public()["keys"]]
    return answer(PublicKeys(keys), media_type="application/jwk-set+json")
