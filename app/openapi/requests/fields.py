"""Fields that several requests of CSC v2 and v1 have."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from app.csc.algorithms import DIGEST_BYTES, ECDSA, MULTISIGN, RSA
from app.csc.sign_hash_body import LONGEST_SAD
from app.domain.wire import Base64
from hsm.messages import MAX_DESCRIPTION_CHARACTERS, MAX_LABEL_CHARACTERS, MAX_LIFE_S

HashAlgorithm = Annotated[str, Meta(description="SHA-256, SHA-384 or SHA-512, by OID", extra_json_schema={"enum": list(DIGEST_BYTES)})]
SignAlgorithm = Annotated[str, Meta(description="One of the key's `algo`", extra_json_schema={"enum": [*RSA, *ECDSA]})]
Digest = Annotated[Base64, Meta(min_length=1)]
Hashes = Annotated[list[Digest], Meta(min_length=1, max_length=MULTISIGN, description="What is signed, each a digest in base64")]
Labels = Annotated[list[Annotated[str, Meta(max_length=MAX_LABEL_CHARACTERS)]], Meta(description="One for each hash, shown to the signer")]
Description = Annotated[
    str, Meta(max_length=MAX_DESCRIPTION_CHARACTERS, description="Shown to the signer; no control, bidi or zero-width characters")
]
ClientData = Annotated[str, Meta(max_length=10_000, description="Yours; nobody looks at it")]
UserId = Annotated[str, Meta(max_length=64, description="The signer")]
Lang = Annotated[str, Meta(max_length=10_000, description="RFC 5646; `ja`, or else English")]
Expiry = Annotated[int, Meta(ge=30, le=MAX_LIFE_S, description="Seconds that the signer has: 30 to 600, or 2592000 with `--inbox`")]
Sad = Annotated[str, Meta(min_length=1, max_length=LONGEST_SAD, description="Needed, unless it is the bearer token")]
Refused = Annotated[object, Meta(description="Refused if given: nothing of this kind is taken here")]
Certificates = Annotated[Literal["none", "single", "chain"], Meta(description="Which certificates are shown")]


class Language(Struct, frozen=True):
    """In which language the service is described."""

    lang: Lang | None = None


class Wanted(Struct, frozen=True, kw_only=True):
    """What is to be said of a credential."""

    certificates: Certificates = "single"
    certInfo: Annotated[bool, Meta(description="Also what the certificate says")] = False
    authInfo: Annotated[bool, Meta(description="How it is authorized; that is always said")] = False
    lang: Lang | None = None
    clientData: ClientData | None = None
