"""The forms of OAuth 2.0 and CIBA, with the parameters of CSC 2.0 §8.3; every value is text."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from app.oauth.assertion import TYPE

Text = Annotated[str, Meta(min_length=1)]
NotTaken = Annotated[str, Meta(description="Refused if given: nothing of this kind is taken here")] | UnsetType
Details = Annotated[str, Meta(description="JSON: a list of one object of type `credential` (RFC 9396)")]


class ClientForm(Struct, frozen=True, kw_only=True):
    """Who you are, in the one way that you were registered with; with HTTP Basic nothing of it is needed."""

    client_id: Text | UnsetType = UNSET
    client_secret: Text | UnsetType = UNSET
    client_assertion: Annotated[str, Meta(description="A JWT (RFC 7523)")] | UnsetType = UNSET
    client_assertion_type: Annotated[str, Meta(description=f"With it: `{TYPE}`")] | UnsetType = UNSET


class TokenForm(ClientForm, frozen=True, kw_only=True):
    """The grant: none but yours, a code, a refresh token, or a backchannel authentication."""

    grant_type: Literal["client_credentials", "authorization_code", "refresh_token", "urn:openid:params:grant-type:ciba"]
    scope: Annotated[str, Meta(description="`service`, if given")] | UnsetType = UNSET
    code: Annotated[str, Meta(description="With `authorization_code`")] | UnsetType = UNSET
    redirect_uri: Annotated[str, Meta(description="With `authorization_code`: the same as before")] | UnsetType = UNSET
    code_verifier: Annotated[str, Meta(description="With `authorization_code` (PKCE)")] | UnsetType = UNSET
    authorization_details: Annotated[Details, Meta(description="With `authorization_code`: the same, if given")] | UnsetType = UNSET
    refresh_token: Annotated[str, Meta(description="With `refresh_token`")] | UnsetType = UNSET
    auth_req_id: Annotated[str, Meta(description="With CIBA")] | UnsetType = UNSET


class NamedToken(ClientForm, frozen=True, kw_only=True):
    """A token of one's own."""

    token: Text


class RevokeForm(NamedToken, frozen=True, kw_only=True):
    """A token of one's own, to be ended."""

    token_type_hint: Literal["access_token", "refresh_token"] | UnsetType = UNSET


class AskForm(ClientForm, frozen=True, kw_only=True):
    """What is to be approved: these parameters, or one object of `authorization_details`."""

    scope: Annotated[str, Meta(description="`service` or `credential`; for an ID token (CIBA) also `openid`")] | UnsetType = UNSET
    authorization_details: Details | UnsetType = UNSET
    credentialID: str | UnsetType = UNSET
    numSignatures: Annotated[str, Meta(description="As many as hashes")] | UnsetType = UNSET
    hashes: Annotated[str, Meta(description="In base64url, by commas")] | UnsetType = UNSET
    hashAlgorithmOID: Annotated[str, Meta(description="SHA-256, SHA-384 or SHA-512, by OID")] | UnsetType = UNSET
    description: str | UnsetType = UNSET
    clientData: str | UnsetType = UNSET
    signatureQualifier: NotTaken = UNSET
    request: NotTaken = UNSET


class PushForm(AskForm, frozen=True, kw_only=True):
    """What the browser will ask for."""

    response_type: Literal["code"]
    redirect_uri: Annotated[str, Meta(description="Exactly one that you registered")]
    code_challenge: Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{43}$")]
    code_challenge_method: Literal["S256"]
    response_mode: Literal["query"] | UnsetType = UNSET
    state: Annotated[str, Meta(pattern="^[ -~]{1,1000}$")] | UnsetType = UNSET
    dpop_jkt: Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{43}$")] | UnsetType = UNSET
    account_token: Annotated[str, Meta(description="A JWT that names who is to answer (CSC 2.0 §8.3.2)")] | UnsetType = UNSET
    request_uri: NotTaken = UNSET


class BackchannelForm(AskForm, frozen=True, kw_only=True):
    """Whom to ask, and for what."""

    login_hint: Annotated[str, Meta(min_length=1, max_length=64, description="The signer's user id")]
    login_hint_token: NotTaken = UNSET
    id_token_hint: NotTaken = UNSET
    binding_message: Annotated[str, Meta(max_length=100, description="Shown in the place of `description`")] | UnsetType = UNSET
    client_notification_token: Annotated[str, Meta(description="Comes back with the ping")] | UnsetType = UNSET
    requested_expiry: Annotated[str, Meta(pattern="^[0-9]+$", description="Seconds")] | UnsetType = UNSET
