"""The bodies of CSC v1 (CSC 1.0.4 §11), with what we add to them."""

from typing import Annotated

from msgspec import Meta, Struct

from app.csc.algorithms import MULTISIGN
from app.csc.v1 import MOST_RESULTS
from app.domain.authorization import LONGEST_LIFE_S
from app.domain.wire import CredentialId
from app.openapi.requests.fields import (
    ClientData,
    Description,
    HashAlgorithm,
    Hashes,
    Labels,
    Refused,
    Sad,
    SignAlgorithm,
    UserId,
)
from app.openapi.requests.v2 import Parameters


class ListV1(Struct, frozen=True, kw_only=True):
    """Whose credentials, and which page."""

    userID: Annotated[UserId, Meta(description="Needed, unless the token was granted by a signer")] | None = None
    maxResults: Annotated[int, Meta(ge=1, le=MOST_RESULTS)] = MOST_RESULTS
    pageToken: Annotated[str, Meta(max_length=100, description="The `nextPageToken` of the page before")] | None = None
    clientData: ClientData | None = None


class AuthorizeV1(Struct, frozen=True, kw_only=True):
    """What the signer is to approve; the algorithm of the hashes is the one that makes their length."""

    credentialID: CredentialId
    numSignatures: Annotated[int, Meta(ge=1, le=MULTISIGN, description="As many as hashes")]
    hash: Hashes
    PIN: Refused = None
    OTP: Refused = None
    description: Description | None = None
    clientData: ClientData | None = None
    documentLabels: Labels | None = None
    requestedExpiry: Annotated[int, Meta(ge=30, le=LONGEST_LIFE_S, description="Seconds that the signer has")] = 180
    userID: Annotated[UserId, Meta(description="If given, must be the credential's signer")] | None = None
    confidential: Annotated[bool, Meta(description="Shown after a passkey of just now only")] = False


class ExtendV1(Struct, frozen=True, kw_only=True):
    """A SAD, and hashes that were approved."""

    credentialID: CredentialId
    SAD: Sad | None = None
    hash: Hashes
    clientData: ClientData | None = None


class SignHashV1(Struct, frozen=True, kw_only=True):
    """The SAD and the approved hashes."""

    credentialID: CredentialId
    SAD: Sad | None = None
    hash: Hashes
    signAlgo: SignAlgorithm
    hashAlgo: HashAlgorithm | None = None
    signAlgoParams: Parameters | None = None
    clientData: ClientData | None = None
