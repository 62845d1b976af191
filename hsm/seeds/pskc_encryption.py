"""
The encryption of a PSKC file (RFC 6030 §6): a pre-shared key (§6.1), or a passphrase and PBKDF2 (§6.2; RFC 8018 §5.2; XML Encryption 1.1).

AES-CBC with a MAC over IV and ciphertext, which is checked before a secret is decrypted; a secret without one is refused, and so is a MAC
key that the file does not bring. Certificates (§6.3) and key wrapping are not read.
"""

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from msgspec import Struct

from hsm.errors import SeedsRefused
from hsm.seeds.pskc_xml import Node

XMLDSIG = "http://www.w3.org/2000/09/xmldsig#"
XMLDSIG_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
XMLENC = "http://www.w3.org/2001/04/xmlenc#"
XMLENC_11 = "http://www.w3.org/2009/xmlenc11#"
PKCS_5 = "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#"

KEY_BYTES = {XMLENC + "aes128-cbc": 16, XMLENC + "aes256-cbc": 32}
HASHES = {XMLDSIG + "hmac-sha1": "sha1", XMLDSIG_MORE + "hmac-sha256": "sha256", XMLDSIG_MORE + "hmac-sha512": "sha512"}
# Each way of saying PBKDF2, with the namespaces of its parameters and of what stands in them: PKCS #5's schema leaves the latter without.
PBKDF2 = {PKCS_5 + "pbkdf2": (PKCS_5, ""), XMLENC_11 + "pbkdf2": (XMLENC_11, XMLENC_11)}

BLOCK_BYTES = 16
MIN_SALT_BYTES = 8  # RFC 8018 §4.1
MIN_ITERATIONS = 1_000  # RFC 8018 §4.2, and what RFC 6030's own example has
MAX_ITERATIONS = 10_000_000  # some seconds

WRONG_KEY = "its MAC does not hold: another key or passphrase, or a changed file"


class Decryption(Struct, frozen=True):
    """The keys of one file: they open its secrets."""

    key: bytes
    mac_key: bytes
    mac_hash: str

    def open(self, encrypted: Node, mac: Node) -> bytes:
        """
        Check a value's MAC, then decrypt it.

        Raises:
            SeedsRefused: the MAC does not hold, or the value is encrypted in another way.
        """
        octets = _cipher_value(encrypted, self.key)
        if not hmac.compare_digest(hmac.digest(self.mac_key, octets, self.mac_hash), mac.octets()):
            raise SeedsRefused(WRONG_KEY)
        return _decrypt(octets, self.key)

    def __repr__(self) -> str:
        return "<Decryption>"


def read_decryption(container: Node, key: bytes | None, passphrase: str | None) -> Decryption | None:
    """
    Find out how a file is encrypted, None where it says nothing of it; it must be as whoever hands it over expects.

    Raises:
        SeedsRefused: the key or passphrase is missing, is not asked for, or is wrong; or the file is encrypted in another way.
    """
    described = container.optional("EncryptionKey")
    if described is None:
        if key is not None or passphrase is not None:
            raise SeedsRefused("not encrypted, though a key or passphrase was given")
        return None
    opened = _encryption_key(described, key, passphrase)
    method = container.one("MACMethod").only("MACKey")
    mac_hash = HASHES.get(method.attributes.get("Algorithm", ""))
    if mac_hash is None:
        raise SeedsRefused("its MAC is not HMAC with SHA-1, SHA-256 or SHA-512")
    # The MAC key has no MAC of its own: a wrong key shows here, or at the first secret.
    return Decryption(opened, _decrypt(_cipher_value(method.one("MACKey"), opened), opened), mac_hash)


def _encryption_key(described: Node, key: bytes | None, passphrase: str | None) -> bytes:
    ways = [child.name for child in described.children]
    if ways == [f"{XMLENC_11}}}DerivedKey"]:
        if passphrase is None or key is not None:
            raise SeedsRefused("encrypted under a passphrase: give that, and no key")
        return _derive(described.children[0].one(f"{XMLENC_11}}}KeyDerivationMethod"), passphrase)
    if ways != [f"{XMLDSIG}}}KeyName"]:
        raise SeedsRefused("encrypted neither under a pre-shared key nor under a passphrase")
    if key is None or passphrase is not None:
        raise SeedsRefused("encrypted under a pre-shared key: give that, and no passphrase")
    return key


def _derive(method: Node, passphrase: str) -> bytes:
    namespaces = PBKDF2.get(method.attributes.get("Algorithm", ""))
    if namespaces is None:
        raise SeedsRefused("its key is not derived with PBKDF2")
    outer, inner = (f"{namespace}}}" if namespace else "" for namespace in namespaces)
    parameters = method.one(f"{outer}PBKDF2-params")
    salt = _inner(_inner(parameters, inner, "Salt"), inner, "Specified").octets()
    iterations = _inner(parameters, inner, "IterationCount").number()
    prf = next((child for child in parameters.children if child.name == f"{inner}PRF"), None)
    prf_hash = HASHES.get(prf.attributes.get("Algorithm", XMLDSIG + "hmac-sha1") if prf else XMLDSIG + "hmac-sha1")
    if prf_hash is None or len(salt) < MIN_SALT_BYTES or not MIN_ITERATIONS <= iterations <= MAX_ITERATIONS:
        raise SeedsRefused(f"PBKDF2 with another function, a salt under {MIN_SALT_BYTES} bytes, or too few or too many iterations")
    length = _inner(parameters, inner, "KeyLength").number()
    if length not in KEY_BYTES.values():
        raise SeedsRefused("its derived key is not 16 or 32 bytes long")
    return hashlib.pbkdf2_hmac(prf_hash, passphrase.encode(), salt, iterations, length)


def _inner(parent: Node, namespace: str, local: str) -> Node:
    found = [child for child in parent.children if child.name == namespace + local]
    if len(found) != 1:
        raise SeedsRefused(f"not one {local} in {parent.local}")
    return found[0]


def _cipher_value(encrypted: Node, key: bytes) -> bytes:
    """IV and ciphertext of an xenc:EncryptedDataType, if its method takes this key."""
    encrypted.only(f"{XMLENC}}}EncryptionMethod", f"{XMLENC}}}CipherData")
    expected = KEY_BYTES.get(encrypted.one(f"{XMLENC}}}EncryptionMethod").attributes.get("Algorithm", ""))
    if expected is None:
        raise SeedsRefused("encrypted with something other than AES-128-CBC or AES-256-CBC")
    if len(key) != expected:
        raise SeedsRefused(f"encrypted under a key of {expected} bytes, and this one has {len(key)}")
    octets = encrypted.one(f"{XMLENC}}}CipherData").one(f"{XMLENC}}}CipherValue").octets()
    if len(octets) < 2 * BLOCK_BYTES or len(octets) % BLOCK_BYTES:
        raise SeedsRefused("what is encrypted is not whole blocks after an IV")
    return octets


def _decrypt(octets: bytes, key: bytes) -> bytes:
    decryptor = Cipher(algorithms.AES(key), modes.CBC(octets[:BLOCK_BYTES])).decryptor()
    padded = decryptor.update(octets[BLOCK_BYTES:]) + decryptor.finalize()
    if not 1 <= padded[-1] <= BLOCK_BYTES:  # XML Encryption §5.2: the last byte counts the padding, the others are arbitrary
        raise SeedsRefused(WRONG_KEY)
    return padded[: -padded[-1]]
