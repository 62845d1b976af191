"""
The SAM's own four keys on the token: one seals its records, one makes SADs, one encrypts its secrets, one signs its statements.

None leaves the HSM, none can sign for a signer, and each can do its one thing only. The public key of the last is for everyone.
"""

import hashlib
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from hsm.cryptoki import Token
from hsm.errors import KeyUnacceptable
from hsm.policy import Padding, Scheme

SEAL_KEY_ID = b"natsuin-seal"
SAD_KEY_ID = b"natsuin-sad"
SECRETS_KEY_ID = b"natsuin-secrets"
STATEMENT_KEY_ID = b"natsuin-statement"  # no credential is called so: their ids have 22 characters

STATEMENT_SCHEME = Scheme(Padding.ECDSA, hashes.SHA256())

Mac = Callable[[bytes], bytes]

REMEMBERED = 20_000


class Keyring:
    """
    The MACs and the encryption under the SAM's own keys.

    Raises:
        KeyUnacceptable: a key is missing though records exist that were sealed with it.
    """

    def __init__(self, token: Token, *, records_exist: bool) -> None:
        self._token = token
        self._recent: dict[bytes, bytes] = {}
        self._older: dict[bytes, bytes] = {}
        for key_id in (SEAL_KEY_ID, SAD_KEY_ID):
            if token.has_mac_key(key_id):
                continue
            if records_exist:
                raise KeyUnacceptable(
                    f"{key_id.decode()} is not on the token, but there are records sealed with it: is this the right token?"
                )
            token.generate_mac_key(key_id)
        # Records may be older than this key, so it is made beside them; where it was destroyed, what it had encrypted does not open again.
        if not token.has_secret_key(SECRETS_KEY_ID):
            token.generate_secret_key(SECRETS_KEY_ID)
        if not token.has_signing_key(STATEMENT_KEY_ID):
            token.generate_signing_key(STATEMENT_KEY_ID, "p-256")
        self.statement_public_key = token.ec_public_key(STATEMENT_KEY_ID)
        self.statement_key_sha256 = hashlib.sha256(self.statement_public_key).hexdigest()

    def seal_mac(self, data: bytes) -> bytes:
        """
        The MAC of a seal. Those made lately are remembered: the same row is looked at several times for one signature.

        A remembered MAC is of the very same bytes, so a row that was changed is never taken for the one that was sealed.
        """
        digest = hashlib.sha256(data).digest()
        known = self._recent.get(digest) or self._older.get(digest)
        if known is None:
            known = self._token.mac(SEAL_KEY_ID, data)
            if len(self._recent) >= REMEMBERED:
                self._older, self._recent = self._recent, {}
            self._recent[digest] = known
        return known

    def sad_mac(self, data: bytes) -> bytes:
        return self._token.mac(SAD_KEY_ID, data)

    def encrypt_secret(self, iv: bytes, secret: bytes, associated: bytes) -> bytes:
        """Encrypt with AES-256-GCM; what the IV must be, `vault` knows."""
        return self._token.encrypt(SECRETS_KEY_ID, iv, secret, associated)

    def decrypt_secret(self, iv: bytes, encrypted: bytes, associated: bytes) -> bytes:
        """Open what `encrypt_secret` gave; raises SecretUnreadable."""
        return self._token.decrypt(SECRETS_KEY_ID, iv, encrypted, associated)

    def sign_statement(self, data: bytes) -> bytes:
        """Sign a statement of the SAM's own making (ES256, RFC 7518 §3.4: 64 bytes); a signer's key is never used for it."""
        signature = self._token.sign(STATEMENT_KEY_ID, STATEMENT_SCHEME, hashlib.sha256(data).digest())
        return b"".join(half.to_bytes(32) for half in decode_dss_signature(signature))

    def probe(self) -> None:
        """Have the HSM make a MAC; raises HsmUnavailable."""
        self._token.mac(SEAL_KEY_ID, b"natsuin/v1/probe\x00")


def signers_keys(token: Token) -> int:
    """Count the keys on the token that are signers'."""
    return len(token.signing_keys - {STATEMENT_KEY_ID})
