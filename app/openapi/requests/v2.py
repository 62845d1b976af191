"""The bodies of CSC v2 (CSC 2.0 §11), with what we add to them."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from app.csc.algorithms import MULTISIGN
from app.csc.mode import LONGEST_VALIDITY_MS
from app.domain.wire import Base64, CredentialId, Handle
from app.openapi.requests.fields import (
    ClientData,
    Description,
    Digest,
    Expiry,
    HashAlgorithm,
    Hashes,
    Labels,
    Refused,
    Sad,
    SignAlgorithm,
    UserId,
    Wanted,
)

Validity = Annotated[
    int, Meta(description=f"With mode `A`: how long the response is kept, 1 to {LONGEST_VALIDITY_MS} milliseconds, an hour if not given")
]
ResponseUri = Annotated[
    str, Meta(max_length=10_000, description="With mode `A`: the address registered for your callbacks, told when the response is there")
]
Mode = Annotated[Literal["S", "A"], Meta(description="`A`: answered with a `responseID`, to be fetched with `signPolling`")]
Parameters = Annotated[Base64, Meta(description="DER in base64, for RSASSA-PSS")]


class Login(Struct, frozen=True, kw_only=True):
    """Nothing is needed: id and secret come as HTTP Basic."""

    refresh_token: Refused = None
    rememberMe: Annotated[bool, Meta(description="Changes nothing")] = False
    clientData: ClientData | None = None


class Revoke(Struct, frozen=True, kw_only=True):
    """A token of one's own."""

    token: Annotated[str, Meta(min_length=1)]
    token_type_hint: Literal["access_token", "refresh_token"] | UnsetType = UNSET
    clientData: ClientData | None = None


class List(Wanted, frozen=True, kw_only=True):
    """Whose credentials, and which."""

    userID: Annotated[UserId, Meta(description="Needed, unless the token was granted by a signer")] | None = None
    credentialInfo: Annotated[bool, Meta(description="Also describe each")] = False
    onlyValid: Annotated[bool, Meta(description="Only those that can sign now")] = False


class Info(Wanted, frozen=True, kw_only=True):
    """Which credential, and what is to be said of it."""

    credentialID: CredentialId


class GetChallenge(Struct, frozen=True, kw_only=True):
    """For which credential, and which object of its `auth`."""

    credentialID: CredentialId
    authObjectID: Annotated[str, Meta(min_length=1, max_length=100)]


class NamedObject(Struct, frozen=True, kw_only=True):
    """An object of the credential's `auth`."""

    id: str
    value: Refused = None


class Property(Struct, frozen=True):
    """One property of a PDF signature."""

    attribute_name: Literal["Location", "Reason", "Name", "ContactInfo"]
    attribute_value: Annotated[Base64, Meta(description="UTF-8 in base64, at most 200 characters that print")]


class Document(Struct, frozen=True, kw_only=True):
    """A file that the signer can open; with `signature_format` one that `signDoc` will sign."""

    content: Annotated[Base64, Meta(min_length=1, description="At most 10 MB, all together 20 MB")]
    mediaType: Literal["application/pdf", "text/plain"]
    signedAttributes: Annotated[Base64, Meta(description="DER, SET OF, where a CMS or PAdES signature is made")] | None = None
    byteRange: Annotated[list[int], Meta(min_length=4, max_length=4, description="Where the signature goes into the PDF")] | None = None
    signature_format: Literal["P"] | None = None
    signed_envelope_property: Literal["Certification", "Revision"] = "Certification"
    signed_props: list[Property] = []


class Authorize(Struct, frozen=True, kw_only=True):
    """What the signer is to approve."""

    credentialID: CredentialId
    numSignatures: Annotated[int, Meta(ge=1, le=MULTISIGN, description="As many as hashes")]
    hashes: Hashes
    hashAlgorithmOID: HashAlgorithm
    authData: Annotated[list[NamedObject], Meta(max_length=1, description="An object of the credential's `auth`, by `id`")] = []
    description: Description | None = None
    clientData: ClientData | None = None
    documentLabels: Labels | None = None
    documents: Annotated[list[Document | None], Meta(description="One for each hash, or null")] | None = None
    requestedExpiry: Expiry = 180
    userID: Annotated[UserId, Meta(description="If given, must be the credential's signer")] | None = None
    confidential: Annotated[bool, Meta(description="Shown after a passkey of just now only")] = False
    return_url: Annotated[str, Meta(max_length=10_000, description="One of the pages that you registered")] | None = None
    state: Annotated[str, Meta(pattern="^[A-Za-z0-9_.~-]{1,200}$", description="What that page gets as `?state=`")] | None = None


class AuthorizeCheck(Struct, frozen=True):
    """Which request."""

    handle: Handle


class Extend(Struct, frozen=True, kw_only=True):
    """A SAD, and hashes that were approved."""

    credentialID: CredentialId
    SAD: Sad | None = None
    hashes: Hashes
    hashAlgorithmOID: HashAlgorithm
    clientData: ClientData | None = None


class SignHash(Struct, frozen=True, kw_only=True):
    """The SAD and the approved hashes."""

    credentialID: CredentialId
    SAD: Sad | None = None
    hashes: Hashes
    signAlgo: SignAlgorithm
    hashAlgorithmOID: HashAlgorithm | None = None
    signAlgoParams: Parameters | None = None
    operationMode: Mode = "S"
    validity_period: Validity | None = None
    response_uri: ResponseUri | None = None
    clientData: ClientData | None = None


class HowToSign(Struct, frozen=True, kw_only=True):
    """How an element is to be signed."""

    signature_format: Literal["P"]
    conformance_level: (
        Annotated[str, Meta(pattern="^Ad[eE]S-B-(B|T|LT|LTA)$", description="B-B if not given; more needs a time-stamping authority")]
        | None
    ) = None
    signAlgo: SignAlgorithm
    hashAlgorithmOID: HashAlgorithm | None = None
    signAlgoParams: Parameters | None = None
    signed_envelope_property: Literal["Certification", "Revision"] = "Certification"
    signed_props: list[Property] = []


class DigestToSign(HowToSign, frozen=True, kw_only=True):
    """Digests of what a PDF's byte range covers."""

    hashes: Annotated[str | list[Digest], Meta(description="One, or several")]


class DocumentToSign(HowToSign, frozen=True, kw_only=True):
    """A PDF that was sent with `authorize`."""

    document: Annotated[Base64, Meta(min_length=1)]


class SignDoc(Struct, frozen=True, kw_only=True):
    """The SAD, and documents or their digests."""

    credentialID: CredentialId
    SAD: Sad | None = None
    documentDigests: list[DigestToSign] = []
    documents: list[DocumentToSign] = []
    operationMode: Mode = "S"
    validity_period: Validity | None = None
    response_uri: ResponseUri | None = None
    returnValidationInfo: Annotated[bool, Meta(description="Also what belongs into the security store for B-LT")] = False
    signatureQualifier: Refused = None
    clientData: ClientData | None = None


class SignPolling(Struct, frozen=True, kw_only=True):
    """Which response."""

    requestID: Annotated[str, Meta(min_length=1, description="The `responseID`")]
    userID: UserId | None = None
    clientData: ClientData | None = None


class Timestamp(Struct, frozen=True, kw_only=True):
    """What is to be stamped."""

    hash: Digest
    hashAlgo: HashAlgorithm
    nonce: Annotated[str, Meta(pattern="^[0-9A-Fa-f]{1,64}$", description="Hexadecimal; it is in the token")] | None = None
    clientData: ClientData | None = None
