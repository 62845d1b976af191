"""The parties of a signature: the application that asks, the signer who approves, the credential that signs, and the passkeys."""

import base64
import hashlib

from cryptography import x509
from msgspec import Struct

from app.domain.policy import Policy
from hsm.messages import FrozenBy, KeyAlgorithm


class Application(Struct, frozen=True):
    """
    A program that asks for signatures; `asks_code` means that the signer types a code from its screen.

    `moving_code`: its requests open with the code on its screen that changes every second, and with no address that stays. `return_urls`
    are the pages to which a request on the same device may lead back, each exactly so. `inbox` means that its requests may wait for days.
    `callback_url` hears of each decision, signed with `callback_secret` (`whsec_…`).
    `for_all`: its operator vouches that every signer agreed to it.

    `auth` is how it shows who it is: secret, private_key_jwt (`jwks` are its public keys, as JSON) or mtls (`certificate_sha256`).
    `redirect_uris` are where a browser may bring it an authorization code, each exactly so.
    """

    client_id: str
    name: str
    secret_sha256: bytes
    asks_code: bool
    created: int
    moving_code: bool = False
    return_urls: tuple[str, ...] = ()
    inbox: bool = False
    callback_url: str | None = None
    callback_secret: str | None = None
    for_all: bool = False
    policy: Policy = Policy()
    auth: str = "secret"
    jwks: str = ""
    certificate_sha256: bytes | None = None
    redirect_uris: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Application {self.client_id}>"

    @property
    def must_bind(self) -> bool:
        """Whether its tokens work with a key or certificate of its own only (FAPI 2.0 §5.3.2.1); who has a secret may do without."""
        return self.auth != "secret"


class Signer(Struct, frozen=True):
    """
    A person; `user_handle` is the random WebAuthn user.id, `language` the one that was switched to last, on whichever device.

    No application's request is taken before `quiet_until` (unix seconds).
    """

    user_id: str
    name: str
    user_handle: bytes
    created: int
    language: str | None = None
    quiet_until: int = 0


class Credential(Struct, frozen=True, kw_only=True):
    """
    A signing key in the HSM and its certificate; `certificates` are DER, leaf first.

    `state` is enabled or destroyed; it signs nothing before `frozen_until` (unix seconds). `freeze_owed` means that the SAM has not
    confirmed that yet. `renewed_by` is the key that has taken its place; it may be used all the same. What belongs to one
    `enrollment_id`, keys and passkeys, belongs together. `factors` is what it may be used with, passkey or passkey_or_otp, as the SAM
    settled it when the key was made.
    """

    credential_id: str
    user_id: str
    enrollment_id: str
    key_algorithm: KeyAlgorithm
    factors: str
    certificates: tuple[bytes, ...]
    certificate_sha256: str
    not_before: int
    not_after: int
    state: str = "enabled"
    frozen_until: int = 0
    frozen_by: FrozenBy | None = None
    freeze_owed: bool = False
    renewed_by: str | None = None
    created: int

    def is_frozen(self, now: float) -> bool:
        """Tell whether it may not be used for now."""
        return self.state == "enabled" and now < self.frozen_until

    def is_usable(self, now: float) -> bool:
        """Tell whether it can sign now, as far as we know; the SAM decides."""
        return self.state == "enabled" and now >= self.frozen_until and self.is_valid(now)

    def is_valid(self, now: float) -> bool:
        """Tell whether its certificate is valid now."""
        return self.not_before <= now <= self.not_after

    def is_ending(self, now: float, within_s: int) -> bool:
        """Tell whether its certificate ends within that time, and nothing has taken its place."""
        return self.state == "enabled" and self.renewed_by is None and self.is_valid(now) and self.not_after - now <= within_s

    @property
    def certificate(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.certificates[0])

    @property
    def subject(self) -> str:
        """The certificate's holder, as RFC 4514 writes it."""
        return self.certificate.subject.rfc4514_string()


class Passkey(Struct, frozen=True, kw_only=True):
    """
    What lets its holder sign in here, under the name that the holder gave to the device; the SAM has its own record, which approves.

    `backup_eligible` means that its provider copies it to other devices of the same person.
    """

    passkey_id: bytes
    user_id: str
    enrollment_id: str
    public_key: bytes
    sign_count: int
    backup_eligible: bool
    name: str
    created: int
    last_used: int

    @property
    def ref(self) -> str:
        """A short name for it in addresses: 22 characters of its id's hash."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.passkey_id).digest()).decode()[:22]
