"""
What the calls of CSC v2 and v1 answer (CSC 2.0 §11, CSC 1.0.4 §11), and what we add; fields have the names that are sent.

What is refused is answered by `problems`.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from app.domain.authorization import Progress, Reason, State
from app.domain.wire import Base64, CredentialId, Handle, Oid, Seconds
from hsm.messages import Factor

Language = Literal["en", "ja"]
Reached = Annotated[
    Progress, Meta(description="How far it has come; `no_device`: no phone gets it; `inbox`: it waits on the start page, without a push")
]
ApprovedWith = Annotated[Factor, Meta(description="What the signer approved with; `otp` is PIN and one-time password")]
Sad = Annotated[str, Meta(min_length=1, description="Signature activation data: opens exactly the approved hashes, once")]
Time = Annotated[str, Meta(pattern="^[0-9]{14}Z$", description="GeneralizedTime, as in `20270101000000Z`")]


class ServiceV1(Struct, frozen=True, kw_only=True):
    """What this service is and can do, in the words of CSC v1."""

    specs: str
    name: str
    logo: str
    region: Annotated[str, Meta(description="A country, ISO 3166-1")]
    lang: Language
    description: str
    authType: Annotated[list[Literal["oauth2client", "oauth2code", "basic"]], Meta(description="Ways to an access token")]
    oauth2: Annotated[str, Meta(description="Below it are the calls of `/oauth2`")]
    methods: list[str]


class SignAlgorithms(Struct, frozen=True):
    """The signature algorithms of all keys."""

    algos: list[Oid]


class SignatureFormats(Struct, frozen=True):
    """What `signDoc` makes: PAdES only."""

    formats: list[Literal["P"]]
    envelope_properties: list[list[Literal["Certification", "Revision"]]]
    allowMix: bool


class Service(ServiceV1, frozen=True, kw_only=True):
    """What this service is and can do."""

    asynchronousOperationMode: bool
    validationInfo: bool
    signAlgorithms: SignAlgorithms
    signature_formats: SignatureFormats
    conformance_levels: list[Literal["Ades-B-B", "Ades-B-T", "Ades-B-LT", "Ades-B-LTA"]]
    supportedHashTypes: list[Literal["dtbsr", "sdr"]]
    supportsRar: Annotated[bool, Meta(description="Whether `authorization_details` may say what is to be approved (RFC 9396)")]


class LoggedIn(Struct, frozen=True):
    """An access token for HTTP Basic."""

    access_token: str
    expires_in: Seconds


class Key(Struct, frozen=True, kw_only=True):
    """A signing key; disabled while it is frozen, and after it was destroyed."""

    status: Literal["enabled", "disabled"]
    algo: list[Oid]
    len: int
    curve: Oid | UnsetType = UNSET


class Certificate(Struct, kw_only=True):
    """A signing certificate; what it says is there with `certInfo`, `status` where the CA says so just now."""

    status: Literal["valid", "expired", "revoked", "suspended"] | UnsetType = UNSET
    certificates: Annotated[list[Base64], Meta(description="The signer's first")] | UnsetType = UNSET
    issuerDN: str | UnsetType = UNSET
    serialNumber: Annotated[str, Meta(description="Hexadecimal")] | UnsetType = UNSET
    subjectDN: str | UnsetType = UNSET
    validFrom: Time | UnsetType = UNSET
    validTo: Time | UnsetType = UNSET
    policy: list[Oid] | UnsetType = UNSET
    qcStatements: list[Oid] | UnsetType = UNSET


class AuthObject(Struct, frozen=True):
    """One way in which the signer may approve."""

    type: Literal["PasswordOOB", "ChallengeResponseOOB"]
    id: Literal["mobile", "otp"]
    label: str
    description: str


class Auth(Struct, frozen=True):
    """How a key is authorized."""

    mode: Literal["explicit"]
    expression: str
    objects: list[AuthObject]


class KeyAndCertificate(Struct, kw_only=True):
    """What v1 and v2 say of a credential in the same words."""

    key: Key
    cert: Certificate
    SCAL: Literal["2"]
    multisign: int
    lang: Language
    factors: Annotated[list[Factor], Meta(description="What the key may be used with")]


class CredentialV1(KeyAndCertificate, kw_only=True):
    """A credential, in the words of CSC v1."""

    authMode: Literal["implicit"]


class Credential(KeyAndCertificate, kw_only=True):
    """A credential: a signer's key and certificate."""

    auth: Auth


class NamedCredential(Credential, kw_only=True):
    """A credential in a list."""

    credentialID: CredentialId


class Credentials(Struct, frozen=True, kw_only=True):
    """A signer's credentials, the newest first."""

    credentialIDs: list[CredentialId]
    credentialInfos: list[NamedCredential] | UnsetType = UNSET
    onlyValid: bool | UnsetType = UNSET


class CredentialsV1(Struct, frozen=True, kw_only=True):
    """A page of a signer's credentials."""

    credentialIDs: list[CredentialId]
    nextPageToken: str | UnsetType = UNSET


class Challenge(Struct, frozen=True):
    """The code that the signer will type."""

    challenge: str


class Asked(Struct, frozen=True, kw_only=True):
    """The signer is asked; wait with the handle."""

    handle: Handle
    approval_url: Annotated[str, Meta(description="Show it as link or QR code; not there with `--moving-code`")] | UnsetType = UNSET
    events_url: Annotated[str, Meta(description="The event stream of this request")]
    events_token: Annotated[str, Meta(description="Opens the event stream, and nothing else")]
    code_url: Annotated[str, Meta(description="What the moving code is made of, with the three below")]
    code_token: str
    code_key: Annotated[str, Meta(description="Stays in your backend")]
    code_second: Annotated[int, Meta(ge=0, description="Seconds of the moving code that have passed")]
    expiresIn: Seconds
    progress: Reached
    verification_code: Annotated[str, Meta(description="Show it; the signer types it. Only with `--code`")] | UnsetType = UNSET


class NotDecided(Struct, frozen=True):
    """The signer has not decided."""

    handle: Handle
    progress: Reached


class Activation(Struct, frozen=True):
    """The SAD."""

    SAD: Sad
    expiresIn: Seconds


class Approved(Struct, frozen=True):
    """The signer has approved."""

    SAD: Sad
    expiresIn: Seconds
    factor: ApprovedWith


class Cancelled(Struct, frozen=True):
    """The request was withdrawn."""

    handle: Handle
    state: Literal["cancelled"]


class Standing(Struct, frozen=True, kw_only=True):
    """How a request stands."""

    state: State
    progress: Reached | UnsetType = UNSET
    reason: Reason | UnsetType = UNSET
    factor: ApprovedWith | UnsetType = UNSET


class Signatures(Struct, frozen=True):
    """One signature for each hash, in its order."""

    signatures: list[Base64]


class ValidationInfo(Struct, frozen=True):
    """What belongs into a security store for B-LT."""

    ocsp: list[Base64]
    crl: list[Base64]
    certificates: list[Base64]


class SignedDocuments(Struct, frozen=True, kw_only=True):
    """The signed documents, or the CMS for each digest."""

    DocumentWithSignature: list[Base64] | UnsetType = UNSET
    SignatureObject: list[Base64] | UnsetType = UNSET
    validationInfo: ValidationInfo | UnsetType = UNSET


class Polled(SignedDocuments, frozen=True, kw_only=True):
    """What `signHash` or `signDoc` would have answered."""

    signatures: list[Base64] | UnsetType = UNSET


class Accepted(Struct, frozen=True):
    """The request is worked on; ask `signPolling`."""

    responseID: Handle


class BeingWorkedOn(Struct, frozen=True):
    """Not done yet."""

    error: Literal["accepted_request"] = "accepted_request"
    error_description: str = "The request is being worked on"


class TimestampToken(Struct, frozen=True):
    """An RFC 3161 token."""

    timestamp: Base64
