"""The token: one login, a pool of sessions, what the SAM asks of its keys, and recovery."""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pkcs11
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11 import MGF, Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters

from hsm.cryptoki.gcm import decrypt, encrypt
from hsm.cryptoki.key_use import ENCRYPTION, MAC, SIGNING, KeyUse, require_acceptable
from hsm.cryptoki.module import Module
from hsm.cryptoki.session import Session, check_all
from hsm.errors import HsmUnavailable, KeyUnacceptable
from hsm.messages import KeyAlgorithm
from hsm.policy import KEY_BITS, Padding, Scheme

BORROW_TIMEOUT_S = 30

PUBLIC_TEMPLATE = {
    Attribute.TOKEN: True,
    Attribute.VERIFY: True,
    Attribute.ENCRYPT: False,
    Attribute.WRAP: False,
    Attribute.MODIFIABLE: False,
}

DIGEST_INFO = {  # RFC 8017 §9.2, note 1: what stands before the digest
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
PSS_HASHES = {"sha256": (Mechanism.SHA256, MGF.SHA256), "sha384": (Mechanism.SHA384, MGF.SHA384), "sha512": (Mechanism.SHA512, MGF.SHA512)}
CURVES = {"p-256": "secp256r1", "p-384": "secp384r1"}


class Token:
    """
    One token, logged in once, with `sessions` sessions for use by as many threads.

    Any PKCS#11 error marks the token as lost; the next call starts the module again (C_Finalize, C_Initialize, login, every key checked),
    so that lost sessions and a token that went away and came back mend themselves. A signature is never repeated by this class.
    """

    def __init__(self, module: Module, label: str, read_pin: Callable[[], str], sessions: int) -> None:
        self._module, self._label, self._read_pin, self._size = module, label, read_pin, sessions
        self._free: queue.SimpleQueue[Session] = queue.SimpleQueue()
        self._objects = threading.Lock()
        self._recovery = threading.Lock()
        self._lost = False
        self._pin_refused = False
        self.signing_keys: set[bytes] = set()
        self._sessions = self._open()
        for session in self._sessions:
            self._free.put(session)

    # ------------------------------------------------------------------------------------------------ what the SAM asks for

    def mac(self, key_id: bytes, data: bytes) -> bytes:
        """HMAC-SHA256 under a key of the token (32 bytes); tried a second time after a recovery, for it changes nothing."""
        return self._twice(MAC, key_id, lambda key: key.sign(data, mechanism=Mechanism.SHA256_HMAC))

    def encrypt(self, key_id: bytes, iv: bytes, data: bytes, associated: bytes) -> bytes:
        """
        AES-256-GCM under a key of the token: ciphertext and tag; tried again as a MAC is.

        `iv` is GCM_IV_BYTES that this key has never met.
        """
        return self._twice(ENCRYPTION, key_id, lambda key: encrypt(key, iv, data, associated))

    def decrypt(self, key_id: bytes, iv: bytes, data: bytes, associated: bytes) -> bytes:
        """
        Open what `encrypt` gave; tried again as a MAC is.

        Raises:
            SecretUnreadable: the tag does not hold for this key, `iv` and `associated`.
        """
        return self._twice(ENCRYPTION, key_id, lambda key: decrypt(key, iv, data, associated))

    def _twice(self, use: KeyUse, key_id: bytes, ask: Callable[[Any], bytes]) -> bytes:
        try:
            return self._once(use, key_id, ask)
        except HsmUnavailable:
            return self._once(use, key_id, ask)

    def _once(self, use: KeyUse, key_id: bytes, ask: Callable[[Any], bytes]) -> bytes:
        with self._session() as session:
            return bytes(ask(session.key(use, key_id)))

    def sign(self, key_id: bytes, scheme: Scheme, digest: bytes) -> bytes:
        """
        Sign one digest; ECDSA answers as DER ECDSA-Sig-Value.

        Raises:
            HsmUnavailable: the HSM failed; whether it made a signature can't be known.
        """
        with self._session() as session:
            key = session.key(SIGNING, key_id)
            if scheme.padding is Padding.PKCS1:
                return bytes(key.sign(DIGEST_INFO[scheme.hash.name] + digest, mechanism=Mechanism.RSA_PKCS))
            if scheme.padding is Padding.PSS:
                parameters = (*PSS_HASHES[scheme.hash.name], scheme.salt_bytes)
                return bytes(key.sign(digest, mechanism=Mechanism.RSA_PKCS_PSS, mechanism_param=parameters))
            raw = bytes(key.sign(digest, mechanism=Mechanism.ECDSA))
            half = len(raw) // 2
            return encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:]))

    def generate_signing_key(self, key_id: bytes, algorithm: KeyAlgorithm) -> bytes:
        """
        Make a key pair that never leaves the token, check its attributes, and give its public key (SubjectPublicKeyInfo, DER).

        Whatever a broken attempt left under the same id is destroyed first.
        """
        self.destroy(key_id)
        with self._session() as session, self._objects:
            common: dict[str, Any] = {"id": key_id, "label": key_id.hex(), "store": True}
            common |= {"public_template": PUBLIC_TEMPLATE, "private_template": SIGNING.template()}
            if algorithm in CURVES:
                parameters = {Attribute.EC_PARAMS: encode_named_curve_parameters(CURVES[algorithm])}
                domain = session.raw.create_domain_parameters(KeyType.EC, parameters, local=True)
                public, private = domain.generate_keypair(mechanism=Mechanism.EC_KEY_PAIR_GEN, **common)
                spki = bytes(encode_ec_public_key(public))
            else:
                public, private = session.raw.generate_keypair(KeyType.RSA, KEY_BITS[algorithm], **common)
                numbers = RSAPublicNumbers(int.from_bytes(public[Attribute.PUBLIC_EXPONENT]), int.from_bytes(public[Attribute.MODULUS]))
                spki = numbers.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            require_acceptable(private, SIGNING)
            session.keep(SIGNING, key_id, private)
            self.signing_keys.add(key_id)
            return spki

    def generate_mac_key(self, key_id: bytes) -> None:
        """Make a 256-bit MAC key that never leaves the token."""
        self._generate(key_id, MAC, Mechanism.GENERIC_SECRET_KEY_GEN)

    def generate_secret_key(self, key_id: bytes) -> None:
        """Make an AES-256 key that never leaves the token, for encrypting and decrypting only."""
        self._generate(key_id, ENCRYPTION, Mechanism.AES_KEY_GEN)

    def _generate(self, key_id: bytes, use: KeyUse, mechanism: Mechanism) -> None:
        with self._session() as session, self._objects:
            named: dict[str, Any] = {"id": key_id, "label": key_id.decode(), "store": True, "template": use.template()}
            require_acceptable(session.raw.generate_key(use.key_type, 256, mechanism=mechanism, **named), use)

    def has_mac_key(self, key_id: bytes) -> bool:
        return self._has(MAC, key_id)

    def has_secret_key(self, key_id: bytes) -> bool:
        return self._has(ENCRYPTION, key_id)

    def has_signing_key(self, key_id: bytes) -> bool:
        return self._has(SIGNING, key_id)

    def ec_public_key(self, key_id: bytes) -> bytes:
        """Give the public half of an EC key pair (SubjectPublicKeyInfo, DER); raises HsmUnavailable where the token has none."""
        with self._session() as session, self._objects:
            found = next(iter(session.raw.get_objects({Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.ID: key_id})), None)
            if found is None:
                raise HsmUnavailable(f"the public key of {key_id.hex()} is not on the token")
            return bytes(encode_ec_public_key(found))

    def _has(self, use: KeyUse, key_id: bytes) -> bool:
        with self._session() as session, self._objects:
            return any(True for _ in session.raw.get_objects(use.search(key_id)))

    def has_key(self, key_id: bytes) -> bool:
        """Search the token for any object with this id."""
        with self._session() as session, self._objects:
            return any(True for _ in session.raw.get_objects({Attribute.ID: key_id}))

    def destroy(self, key_id: bytes) -> None:
        """Remove every object with this id from the token."""
        with self._session() as session, self._objects:
            for found in list(session.raw.get_objects({Attribute.ID: key_id})):
                found.destroy()
            for known in self._sessions:  # a handle outlives its object
                known.forget(key_id)
            self.signing_keys.discard(key_id)

    def close(self) -> None:
        self._drain()
        self._module.finalize()

    # ------------------------------------------------------------------------------------------------ sessions and recovery

    def _open(self) -> list[Session]:
        try:
            token = self._module.token(self._label)
            # The session that logs in is the one whose closing would log out all others: it stays in the pool for good.
            first = token.open(rw=True, user_pin=self._read_pin())
            opened = [first, *(token.open(rw=True) for _ in range(self._size - 1))]
            # Every session keeps handles of its own; a search on demand takes 0.2 s at 10,000 keys, so all are found now.
            sessions = [Session(raw, self._objects) for raw in opened]
            for session in sessions:
                self.signing_keys = check_all(session)
        except (
            pkcs11.exceptions.PinIncorrect,
            pkcs11.exceptions.PinLocked,
            pkcs11.exceptions.PinInvalid,
            pkcs11.exceptions.PinLenRange,
        ) as error:
            self._pin_refused = True
            raise HsmUnavailable(f"the HSM refused the PIN ({type(error).__name__})") from None
        except (pkcs11.PKCS11Error, pkcs11.exceptions.NoSuchToken) as error:
            raise HsmUnavailable(f"no login to token {self._label}: {type(error).__name__}") from error
        except (OSError, UnicodeError) as error:
            raise HsmUnavailable(f"the PIN can't be read: {type(error).__name__}") from None
        return sessions

    @contextmanager
    def _session(self) -> Iterator[Session]:
        if self._lost:
            self._recover()
        session = self._borrow()
        try:
            yield session
        except pkcs11.PKCS11Error as error:
            self._lost = True
            raise HsmUnavailable(f"{type(error).__name__} {error}".strip()) from error
        finally:
            self._free.put(session)

    def _borrow(self) -> Session:
        try:
            return self._free.get(timeout=BORROW_TIMEOUT_S)
        except queue.Empty:
            raise HsmUnavailable("every HSM session is busy") from None

    def _drain(self) -> None:
        """Take every session, so that no thread is inside the module."""
        for _ in range(self._size):
            self._borrow()

    def _recover(self) -> None:
        with self._recovery:
            if not self._lost:
                return
            if self._pin_refused:
                raise HsmUnavailable("the PIN was refused; it is not tried again before a restart")
            self._restart()

    def _restart(self) -> None:
        held: list[Session] = []
        try:
            for _ in range(self._size):
                held.append(self._borrow())
            self._module.finalize()
            self._module.initialize()
            held = self._sessions = self._open()
            self._lost = False
        except KeyUnacceptable as error:
            raise HsmUnavailable(str(error)) from error
        finally:
            for session in held:  # after a failure they are dead, but the next attempt needs as many to take
                self._free.put(session)
