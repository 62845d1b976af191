"""
The SAM's own three keys on the token: one seals its records, one makes SADs, one encrypts its secrets.

None leaves the HSM, none can sign for a signer, and each can do its one thing only.
"""

import hashlib
from collections.abc import Callable

from hsm.cryptoki import Token
from hsm.errors import KeyUnacceptable

SEAL_KEY_ID = b"natsuin-seal"
SAD_KEY_ID = b"natsuin-sad"
SECRETS_KEY_ID = b"natsuin-secrets"

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

    def probe(self) -> None:
        """Have the HSM make a MAC; raises HsmUnavailable."""
        self._token.mac(SEAL_KEY_ID, b"natsuin/v1/probe\x00")
