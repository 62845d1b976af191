"""What an application asks a signer: the digests, what they are of, and with which algorithm they are to be signed (CSC API 2.0 §11.7)."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from natsuin.client.answers import Credential

SHA256, SHA384, SHA512 = "2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3"
PLAIN_ALGORITHMS = {  # sha…WithRSAEncryption (RFC 8017), ecdsa-with-SHA… (RFC 5758)
    SHA256: ("1.2.840.113549.1.1.11", "1.2.840.10045.4.3.2"),
    SHA384: ("1.2.840.113549.1.1.12", "1.2.840.10045.4.3.3"),
    SHA512: ("1.2.840.113549.1.1.13", "1.2.840.10045.4.3.4"),
}


@dataclass(frozen=True, slots=True)
class Document:
    """
    A file that the signer's phone opens and compares with the digest beside it (docs/api.md).

    Where a CMS or PAdES signature is made, the digest is that of `signed_attributes` (DER), and a PDF has the hole of `byte_range`.
    """

    content: bytes
    media_type: str = "application/pdf"
    byte_range: tuple[int, int, int, int] | None = None
    signed_attributes: bytes | None = None

    def fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = {"content": b64(self.content), "mediaType": self.media_type}
        if self.byte_range is not None:
            fields["byteRange"] = list(self.byte_range)
        if self.signed_attributes is not None:
            fields["signedAttributes"] = b64(self.signed_attributes)
        return fields


@dataclass(frozen=True, slots=True)
class Ask:
    """
    One request to one signer, for one signature a digest.

    Args:
        credential: whose key.
        digests: what is to be signed, made with `hash_algorithm`.
        labels: the documents' names, one a digest, at most 100 characters.
        description: what for, at most 500 characters.
        documents: the files themselves, one a digest, or None where the signer is to see the fingerprint only.
        life_s: seconds that the signer has; what the service gives where None.
        hash_algorithm: an OID.
        sign_algorithm: an OID; PKCS #1 v1.5 or ECDSA with `hash_algorithm` where None.
        sign_parameters: DER of the algorithm's parameters, for RSASSA-PSS.
        confidential: labels and description are shown only after the passkey was used.
        return_url: a registered page that the signer may go back to, with `state`.
        more: fields of `credentials/authorize` that have no name here.
    """

    credential: Credential
    digests: Sequence[bytes]
    labels: Sequence[str] = ()
    description: str = ""
    documents: Sequence[Document | None] = ()
    life_s: int | None = None
    hash_algorithm: str = SHA256
    sign_algorithm: str | None = None
    sign_parameters: bytes | None = None
    confidential: bool = False
    return_url: str | None = None
    state: str | None = None
    more: dict[str, Any] | None = None

    def authorize_body(self) -> dict[str, Any]:
        """Give the body of `credentials/authorize` (CSC API 2.0 §11.7)."""
        body: dict[str, Any] = {
            "credentialID": self.credential.id,
            "numSignatures": len(self.digests),
            "hashes": [b64(digest) for digest in self.digests],
            "hashAlgorithmOID": self.hash_algorithm,
        }
        optional = {
            "description": self.description,
            "documentLabels": list(self.labels),
            "documents": [one.fields() if one is not None else None for one in self.documents],
            "requestedExpiry": self.life_s,
            "confidential": self.confidential,
            "return_url": self.return_url,
            "state": self.state,
        }
        return body | {name: value for name, value in optional.items() if value} | (self.more or {})

    def sign_body(self, sad: str) -> dict[str, Any]:
        """Give the body of `signatures/signHash` (CSC API 2.0 §11.10)."""
        body = {
            "credentialID": self.credential.id,
            "SAD": sad,
            "hashes": [b64(digest) for digest in self.digests],
            "hashAlgorithmOID": self.hash_algorithm,
            "signAlgo": self.sign_algorithm or PLAIN_ALGORITHMS[self.hash_algorithm][self.credential.is_elliptic],
        }
        return body | ({"signAlgoParams": b64(self.sign_parameters)} if self.sign_parameters is not None else {})


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
