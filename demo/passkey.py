"""
A passkey in software, with the browser around it (WebAuthn L3 §5.1, §6.3): ES256, attestation `none` or a `maker`'s, W3C JSON in and out.

It says that its user was verified without asking anyone, so it belongs in tests, benchmarks and demos. `Defects` make it lie, one way at
a time.
"""

import base64
import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat, load_der_private_key

from demo.maker import Maker

ES256 = -7
AAGUID = bytes(16)  # what an authenticator without attestation says of its model
SHA256_SIGNATURE = ec.ECDSA(hashes.SHA256())

USER_PRESENT, USER_VERIFIED, BACKUP_ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40
"""Flags of the authenticator data (WebAuthn L3 §6.1)."""

Json = dict[str, Any]


class PasskeyError(Exception):
    """The ceremony cannot be done with this passkey; a browser would reject the call."""


@dataclass(frozen=True, kw_only=True)
class Defects:
    """
    Ways to answer wrongly; what the signature covers is signed with real cryptography in every case.

    Each changes one thing. A value, where there is one, stands in the answer in place of the right one.
    """

    no_user_present: bool = False
    no_user_verified: bool = False
    backup_eligible_flipped: bool = False
    """The flag says the opposite of what the passkey is."""
    backed_up_without_eligible: bool = False
    counter_stands_still: bool = False
    counter_goes_back: bool = False
    bogus_signature: bool = False
    """Well formed, over the right bytes, by another key."""
    signature_over_other_challenge: bool = False
    """The challenge in the answer is right, the one that was signed is not."""
    cross_origin: bool = False
    top_origin: str | None = None
    wrong_origin: str | None = None
    wrong_rp_id: str | None = None
    wrong_type: str | None = None
    """Client data type, such as `webauthn.create` in a sign-in."""
    wrong_challenge: bytes | None = None
    wrong_credential_id: bytes | None = None
    """An unknown one, or another signer's."""
    wrong_user_handle: bytes | None = None
    no_user_handle: bool = False


FLAWLESS = Defects()


class Passkey:
    """
    One WebAuthn credential, empty until `create`.

    With a path it keeps itself in that file, mode 0600: each new state is written before the answer that tells of it is given out, and the
    counter rises by one for all processes that use the file.
    """

    def __init__(
        self, path: Path | None = None, *, backup_eligible: bool = False, backed_up: bool = False, maker: Maker | None = None
    ) -> None:
        self.path = path
        self.maker = maker
        """Who attests of which model it is, where the relying party asks for it."""
        self.backup_eligible = backup_eligible
        self.backed_up = backed_up
        self.origin: str | None = None
        """Where the passkey was made."""
        self.rp_id = ""
        self.credential_id = b""
        self.user_handle = b""
        self.user_name = ""
        self.sign_count = 0
        self._key: ec.EllipticCurvePrivateKey | None = None

    @property
    def is_empty(self) -> bool:
        return self._key is None

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._held_key().public_key()

    def create(self, creation_options: Json, origin: str, *, defects: Defects = FLAWLESS) -> Json:
        """
        Make the key pair; `PublicKeyCredentialCreationOptionsJSON` in, `RegistrationResponseJSON` out.

        Raises:
            PasskeyError: there is a key already, ES256 is not wanted, or the origin may not speak for the relying party.
        """
        if not self.is_empty:
            raise PasskeyError("this passkey exists already")
        if not any(wanted["alg"] == ES256 for wanted in creation_options["pubKeyCredParams"]):
            raise PasskeyError("the server does not take ES256")
        self.rp_id = _rp_id(creation_options["rp"].get("id"), origin)
        self.origin = origin
        self.credential_id = secrets.token_bytes(32)
        self.user_handle = from_base64url(creation_options["user"]["id"])
        self.user_name = creation_options["user"]["name"]
        self.sign_count = 1
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.save()
        credential_id = defects.wrong_credential_id or self.credential_id
        maker = self.maker if creation_options.get("attestation") == "direct" else None
        attested = (maker.model if maker else AAGUID) + len(credential_id).to_bytes(2, "big") + credential_id + cose_key(self.public_key)
        authenticator_data = self._authenticator_data(self.sign_count, defects, ATTESTED) + attested
        client_data = _client_data("webauthn.create", creation_options["challenge"], origin, defects)
        signed = authenticator_data + hashlib.sha256(client_data).digest()
        attestation = maker.attest(signed, self._key) if maker else {"fmt": "none", "attStmt": {}}
        return _credential(credential_id) | {
            "response": {
                "clientDataJSON": to_base64url(client_data),
                "attestationObject": to_base64url(cbor2.dumps(attestation | {"authData": authenticator_data})),
                "authenticatorData": to_base64url(authenticator_data),
                "transports": ["internal"],
                "publicKey": to_base64url(self.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)),
                "publicKeyAlgorithm": ES256,
            },
        }

    def get(self, request_options: Json, origin: str, *, defects: Defects = FLAWLESS) -> Json:
        """
        Sign the challenge; `PublicKeyCredentialRequestOptionsJSON` in, `AuthenticationResponseJSON` out.

        Raises:
            PasskeyError: the passkey is empty, not among those asked for, or not for this origin.
        """
        key = self._held_key()
        if _rp_id(request_options.get("rpId"), origin) != self.rp_id:
            raise PasskeyError(f"this passkey is for {self.rp_id}")
        allowed = request_options.get("allowCredentials") or []
        if allowed and not any(from_base64url(credential["id"]) == self.credential_id for credential in allowed):
            raise PasskeyError("the server did not ask for this passkey")
        client_data = signed_data = _client_data("webauthn.get", request_options["challenge"], origin, defects)
        if defects.signature_over_other_challenge:
            signed_data = _client_data("webauthn.get", to_base64url(secrets.token_bytes(32)), origin, defects)
        authenticator_data = self._authenticator_data(self._count(defects), defects)
        if defects.bogus_signature:
            key = ec.generate_private_key(ec.SECP256R1())
        signature = key.sign(authenticator_data + hashlib.sha256(signed_data).digest(), SHA256_SIGNATURE)
        response = {
            "clientDataJSON": to_base64url(client_data),
            "authenticatorData": to_base64url(authenticator_data),
            "signature": to_base64url(signature),
        }
        if not defects.no_user_handle:
            response["userHandle"] = to_base64url(defects.wrong_user_handle or self.user_handle)
        return _credential(defects.wrong_credential_id or self.credential_id) | {"response": response}

    @classmethod
    def load(cls, path: Path) -> "Passkey":
        """
        Read a passkey from its file; it will keep itself there.

        Raises:
            PasskeyError: the file is not a passkey.
            FileNotFoundError: there is none.
        """
        try:
            stored = json.loads(path.read_bytes())
            key = load_der_private_key(from_base64url(stored["private_key"]), password=None)
            passkey = cls(path, backup_eligible=stored["backup_eligible"], backed_up=stored["backed_up"])
            passkey.origin, passkey.rp_id, passkey.user_name = stored["origin"], stored["rp_id"], stored["user_name"]
            passkey.credential_id, passkey.user_handle = from_base64url(stored["credential_id"]), from_base64url(stored["user_handle"])
            passkey.sign_count = stored["sign_count"]
        except (ValueError, KeyError, TypeError) as error:
            raise PasskeyError(f"{path} is not a passkey") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise PasskeyError(f"{path} is not a passkey")
        passkey._key = key
        return passkey

    def save(self, path: Path | None = None) -> None:
        """Write the passkey to its file, or from now on to `path`; without either it lives in memory only."""
        self.path = path or self.path
        if self.path is None:
            return
        stored = {
            "private_key": to_base64url(self._held_key().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
            "credential_id": to_base64url(self.credential_id),
            "rp_id": self.rp_id,
            "origin": self.origin,
            "user_handle": to_base64url(self.user_handle),
            "user_name": self.user_name,
            "sign_count": self.sign_count,
            "backup_eligible": self.backup_eligible,
            "backed_up": self.backed_up,
        }
        draft = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(stored, file, indent=2)
        draft.replace(self.path)

    def _held_key(self) -> ec.EllipticCurvePrivateKey:
        if self._key is None:
            raise PasskeyError("there is no passkey yet")
        return self._key

    def _count(self, defects: Defects) -> int:
        if defects.counter_stands_still:
            return self.sign_count
        if defects.counter_goes_back:
            return self.sign_count - 1
        if self.path is None:
            self.sign_count += 1
            return self.sign_count
        with _lock(self.path):
            self.sign_count = max(self.sign_count, Passkey.load(self.path).sign_count) + 1
            self.save()
        return self.sign_count

    def _authenticator_data(self, sign_count: int, defects: Defects, flags: int = 0) -> bytes:
        eligible = self.backup_eligible != defects.backup_eligible_flipped
        flags |= 0 if defects.no_user_present else USER_PRESENT
        flags |= 0 if defects.no_user_verified else USER_VERIFIED
        if eligible and not defects.backed_up_without_eligible:
            flags |= BACKUP_ELIGIBLE
        if (eligible and self.backed_up) or defects.backed_up_without_eligible:
            flags |= BACKED_UP
        rp_id = defects.wrong_rp_id or self.rp_id
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + sign_count.to_bytes(4, "big")


def cose_key(public_key: ec.EllipticCurvePublicKey) -> bytes:
    """Encode a P-256 key as COSE wants it for ES256 (RFC 9053 §7.1.1)."""
    point = public_key.public_numbers()
    x, y = point.x.to_bytes(32, "big"), point.y.to_bytes(32, "big")
    return cbor2.dumps({1: 2, 3: ES256, -1: 1, -2: x, -3: y})


def to_base64url(value: bytes) -> str:
    """Base64url without padding (RFC 4648 §5)."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def from_base64url(value: str) -> bytes:
    """
    The reverse of `to_base64url`.

    Raises:
        ValueError: not base64url.
    """
    return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)


def _rp_id(rp_id: str | None, origin: str) -> str:
    """Return the relying party's id where the origin may speak for it: its host, or a domain above (WebAuthn L3 §5.1.3 step 8)."""
    host = urlsplit(origin).hostname or ""
    if rp_id is None or host == rp_id or host.endswith(f".{rp_id}"):
        return rp_id or host
    raise PasskeyError(f"{origin} may not ask for passkeys of {rp_id}")


def _client_data(ceremony: str, challenge: str, origin: str, defects: Defects) -> bytes:
    """Write the client data as browsers do (WebAuthn L3 §5.8.1.1)."""
    client_data: Json = {
        "type": defects.wrong_type or ceremony,
        "challenge": challenge if defects.wrong_challenge is None else to_base64url(defects.wrong_challenge),
        "origin": defects.wrong_origin or origin,
        "crossOrigin": defects.cross_origin,
    }
    if defects.top_origin is not None:
        client_data["topOrigin"] = defects.top_origin
    return json.dumps(client_data, ensure_ascii=False, separators=(",", ":")).encode()


def _credential(credential_id: bytes) -> Json:
    encoded = to_base64url(credential_id)
    return {"id": encoded, "rawId": encoded, "type": "public-key", "authenticatorAttachment": "platform", "clientExtensionResults": {}}


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Keep other processes away from a file that is replaced as a whole: the lock is on its directory."""
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)
