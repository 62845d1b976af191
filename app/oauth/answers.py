"""What the OAuth calls answer (RFC 6749 §5.1, RFC 7662 §2.2, RFC 8414 §2, RFC 9126 §2.2, CIBA §7.3)."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from app.domain.grant import GrantRequest
from app.domain.wire import Seconds

Scope = Literal["service", "credential"]
TokenType = Literal["Bearer", "DPoP"]


class Tokens(Struct, kw_only=True):
    """An access token, and what belongs to it."""

    access_token: Annotated[str, Meta(min_length=1, description="For scope `credential` it is the SAD")]
    token_type: Annotated[TokenType, Meta(description="`DPoP` where it is bound to the key of a proof")]
    expires_in: Seconds
    scope: Scope
    refresh_token: Annotated[str, Meta(description="For scope `service`, with a code")] | UnsetType = UNSET
    authorization_details: list[dict[str, Any]] | UnsetType = UNSET
    id_token: Annotated[str, Meta(description="With scope `openid` (CIBA)")] | UnsetType = UNSET


class Confirmation(Struct, frozen=True, kw_only=True):
    """What the token is bound to (RFC 7800)."""

    jkt: str | UnsetType = UNSET
    x5t: str | UnsetType = field(default=UNSET, name="x5t#S256")


class Introspected(Struct, frozen=True, kw_only=True):
    """What a token is worth just now; only `active` where it is worth nothing."""

    active: bool
    iss: str | UnsetType = UNSET
    client_id: str | UnsetType = UNSET
    scope: Annotated[str, Meta(description="`service` or `credential`")] | UnsetType = UNSET
    sub: Annotated[str, Meta(description="The signer who granted it")] | UnsetType = UNSET
    exp: Annotated[int, Meta(description="Unix seconds")] | UnsetType = UNSET
    token_type: TokenType | UnsetType = UNSET
    cnf: Confirmation | UnsetType = UNSET
    authorization_details: list[dict[str, Any]] | UnsetType = UNSET


class Pushed(Struct, frozen=True):
    """What stands for the request in the browser's address, once."""

    request_uri: str
    expires_in: Seconds


class Begun(Struct, frozen=True, kw_only=True):
    """The signer is asked; poll the token endpoint."""

    auth_req_id: str
    expires_in: Seconds
    interval: Annotated[int, Meta(ge=1, description="Seconds between polls")]
    verification_code: Annotated[str, Meta(description="Show it; the signer types it. Only with `--code`")] | UnsetType = UNSET
    code_url: Annotated[str, Meta(description="What the moving code is made of; only with `--moving-code`")] | UnsetType = UNSET
    code_token: str | UnsetType = UNSET
    code_key: str | UnsetType = UNSET


class Metadata(Struct, frozen=True, kw_only=True):
    """This authorization server, for programs (RFC 8414 §2)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    revocation_endpoint: str
    introspection_endpoint: str
    pushed_authorization_request_endpoint: str
    require_pushed_authorization_requests: bool
    backchannel_authentication_endpoint: str
    backchannel_token_delivery_modes_supported: list[str]
    backchannel_user_code_parameter_supported: bool
    jwks_uri: str
    scopes_supported: list[str]
    response_types_supported: list[str]
    response_modes_supported: list[str]
    grant_types_supported: list[str]
    code_challenge_methods_supported: list[str]
    authorization_response_iss_parameter_supported: bool
    authorization_details_types_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    token_endpoint_auth_signing_alg_values_supported: list[str]
    dpop_signing_alg_values_supported: list[str]
    tls_client_certificate_bound_access_tokens: bool
    subject_types_supported: list[str]
    id_token_signing_alg_values_supported: list[str]


class PublicKey(Struct, frozen=True):
    """A public key of this server (RFC 7517 §4)."""

    kty: str
    crv: str
    x: str
    y: str
    kid: str
    alg: str
    use: str


class PublicKeys(Struct, frozen=True):
    """A JWK Set (RFC 7517 §5)."""

    keys: list[PublicKey]


def details_of(request: GrantRequest) -> list[dict[str, Any]] | UnsetType:
    """Give the `authorization_details` of an answer: the object as it came, where there was one."""
    return UNSET if request.details is None else [request.details]
