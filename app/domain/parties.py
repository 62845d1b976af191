"""The parties of a signature: the application that asks, the signer who approves, the credential that signs, and the passkeys."""

from cryptography import x509
from msgspec import Struct


class Application(Struct, frozen=True):
    """A program that asks for signatures; `asks_code` means that the signer types a code from its screen."""

    client_id: str
    name: str
    secret_sha256: bytes
    asks_code: bool
    created: int


class Signer(Struct, frozen=True):
    """A person; `user_handle` is the random WebAuthn user.id."""

    user_id: str
    name: str
    user_handle: bytes
    created: int


class Credential(Struct, frozen=True):
    """A signing key in the HSM and its certificate; `certificates` are DER, leaf first."""

    credential_id: str
    user_id: str
    key_algorithm: str
    certificates: tuple[bytes, ...]
    certificate_sha256: str
    not_before: int
    not_after: int
    enabled: bool
    created: int

    @property
    def certificate(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.certificates[0])

    @property
    def subject(self) -> str:
        """The certificate's holder, as RFC 4514 writes it."""
        return self.certificate.subject.rfc4514_string()


class Passkey(Struct, frozen=True):
    """What lets its holder sign in here; the SAM has its own record, which is the one that approves."""

    passkey_id: bytes
    user_id: str
    credential_id: str
    public_key: bytes
    sign_count: int
    backup_eligible: bool
    created: int
