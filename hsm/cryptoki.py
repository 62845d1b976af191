"""
The token: sessions, keys, MACs and signatures over PKCS#11 (v2.40). The only module that imports `pkcs11`.

Used as a network HSM needs it: locking asked for at C_Initialize, many sessions at once, one login for the process, a wrong PIN never tried
twice, searches and writes to the token one at a time, handles kept. It knows nothing of signers, approvals or journals.
"""

import ctypes
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pkcs11
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11 import MGF, Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters

from hsm.errors import CannotStart, HsmUnavailable, KeyUnacceptable
from hsm.messages import KeyAlgorithm
from hsm.policy import KEY_BITS, Padding, Scheme

Answer = TypeVar("Answer")

CKR_OK = 0
CKR_CRYPTOKI_NOT_INITIALIZED = 0x190
CKF_OS_LOCKING_OK = 2
BORROW_TIMEOUT_S = 30

MUST_BE_TRUE = (
    Attribute.TOKEN,
    Attribute.PRIVATE,
    Attribute.SENSITIVE,
    Attribute.ALWAYS_SENSITIVE,
    Attribute.NEVER_EXTRACTABLE,
    Attribute.LOCAL,
    Attribute.SIGN,
)
MUST_BE_FALSE = (Attribute.EXTRACTABLE, Attribute.MODIFIABLE, Attribute.COPYABLE, Attribute.DECRYPT, Attribute.UNWRAP, Attribute.DERIVE)
# A MAC key also has these two; a private key does not.
SECRET_MUST_BE_FALSE = (Attribute.ENCRYPT, Attribute.WRAP)
SET_BY_TOKEN = (Attribute.ALWAYS_SENSITIVE, Attribute.NEVER_EXTRACTABLE, Attribute.LOCAL)
PRIVATE_TEMPLATE = {attribute: attribute in MUST_BE_TRUE for attribute in MUST_BE_TRUE + MUST_BE_FALSE if attribute not in SET_BY_TOKEN}
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


class _FunctionList(ctypes.Structure):
    """The head of CK_FUNCTION_LIST (PKCS#11 v2.40 §3.6)."""

    _fields_ = (
        ("version", ctypes.c_ubyte * 2),
        ("initialize", ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_void_p)),
        ("finalize", ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_void_p)),
        ("others", ctypes.c_void_p * 7),
        ("init_token", ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_ulong, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p)),
    )


class _InitializeArgs(ctypes.Structure):
    _fields_ = (("mutex_functions", ctypes.c_void_p * 4), ("flags", ctypes.c_ulong), ("reserved", ctypes.c_void_p))


class Module:
    """
    A PKCS#11 library that is initialised for threads.

    python-pkcs11 calls C_Initialize without arguments, and a library may then do without locks; so this calls it itself.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._lib = pkcs11.lib(str(path))
            self._lib.finalize()
        except pkcs11.PKCS11Error as error:
            raise CannotStart(f"the PKCS#11 module {path} can't be loaded: {error}") from error
        functions = ctypes.POINTER(_FunctionList)()
        ctypes.CDLL(str(path)).C_GetFunctionList(ctypes.byref(functions))
        self._functions = functions.contents
        self.initialize()

    def initialize(self) -> None:
        arguments = _InitializeArgs(flags=CKF_OS_LOCKING_OK)
        self._check("C_Initialize", self._functions.initialize(ctypes.byref(arguments)))

    def finalize(self) -> None:
        self._check("C_Finalize", self._functions.finalize(None), CKR_CRYPTOKI_NOT_INITIALIZED)

    def token(self, label: str) -> pkcs11.Token:
        return self._lib.get_token(token_label=label)

    def has_token(self, label: str) -> bool:
        return any(True for _ in self._lib.get_tokens(token_label=label))

    def make_token(self, label: str, security_officer_pin: str, pin: str) -> None:
        """Initialise the first free slot as a token; for the embedded token, never for a real HSM."""
        slot = next(slot for slot in self._lib.get_slots() if pkcs11.TokenFlag.TOKEN_INITIALIZED not in slot.get_token().flags)
        officer = security_officer_pin.encode()
        self._check("C_InitToken", self._functions.init_token(slot.slot_id, officer, len(officer), label.encode().ljust(32)))
        self.finalize()
        self.initialize()
        session = self.token(label).open(rw=True, so_pin=security_officer_pin)
        session.init_pin(pin)
        session.close()

    def _check(self, function: str, code: int, *allowed: int) -> None:
        if code not in (CKR_OK, *allowed):
            raise HsmUnavailable(f"{function} answered {code:#x}")


class _Session:
    """A PKCS#11 session and the keys that were found through it; used by one thread at a time."""

    def __init__(self, raw: Any, objects: threading.Lock) -> None:
        self.raw = raw
        self._objects = objects
        self._found: dict[tuple[ObjectClass, bytes], Any] = {}

    def key(self, kind: ObjectClass, key_id: bytes) -> Any:
        """Give a key by CKA_ID; the first time it is searched, which takes time linear in the number of objects."""
        known = self._found.get((kind, key_id))
        if known is None:
            with self._objects:  # a search beside a write to the token breaks both in SoftHSM
                known = next(iter(self.raw.get_objects({Attribute.CLASS: kind, Attribute.ID: key_id})), None)
            if known is None:  # a token that went away may answer like this, so it is an error of the token
                raise pkcs11.exceptions.NoSuchKey(f"{kind.name} {key_id.hex()}")
            self._found[kind, key_id] = known
        return known

    def keep(self, kind: ObjectClass, key_id: bytes, key: Any) -> None:
        self._found[kind, key_id] = key

    def forget(self, key_id: bytes) -> None:
        for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.SECRET_KEY, ObjectClass.PUBLIC_KEY):
            self._found.pop((kind, key_id), None)


class Token:
    """
    One token, logged in once, with `sessions` sessions for use by as many threads.

    Any PKCS#11 error marks the token as lost; the next call starts the module again (C_Finalize, C_Initialize, login, every key checked),
    so that lost sessions and a token that went away and came back mend themselves. A signature is never repeated by this class.
    """

    def __init__(self, module: Module, label: str, read_pin: Callable[[], str], sessions: int) -> None:
        self._module, self._label, self._read_pin, self._size = module, label, read_pin, sessions
        self._free: queue.SimpleQueue[_Session] = queue.SimpleQueue()
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
        try:
            return self._mac(key_id, data)
        except HsmUnavailable:
            return self._mac(key_id, data)

    def _mac(self, key_id: bytes, data: bytes) -> bytes:
        with self._session() as session:
            key = session.key(ObjectClass.SECRET_KEY, key_id)
            return bytes(key.sign(data, mechanism=Mechanism.SHA256_HMAC))

    def sign(self, key_id: bytes, scheme: Scheme, digest: bytes) -> bytes:
        """
        Sign one digest; ECDSA answers as DER ECDSA-Sig-Value.

        Raises:
            HsmUnavailable: the HSM failed; whether it made a signature can't be known.
        """
        with self._session() as session:
            key = session.key(ObjectClass.PRIVATE_KEY, key_id)
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
            common |= {"public_template": PUBLIC_TEMPLATE, "private_template": PRIVATE_TEMPLATE}
            if algorithm in CURVES:
                parameters = {Attribute.EC_PARAMS: encode_named_curve_parameters(CURVES[algorithm])}
                domain = session.raw.create_domain_parameters(KeyType.EC, parameters, local=True)
                public, private = domain.generate_keypair(mechanism=Mechanism.EC_KEY_PAIR_GEN, **common)
                spki = bytes(encode_ec_public_key(public))
            else:
                public, private = session.raw.generate_keypair(KeyType.RSA, KEY_BITS[algorithm], **common)
                numbers = RSAPublicNumbers(int.from_bytes(public[Attribute.PUBLIC_EXPONENT]), int.from_bytes(public[Attribute.MODULUS]))
                spki = numbers.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            require_acceptable(private)
            session.keep(ObjectClass.PRIVATE_KEY, key_id, private)
            self.signing_keys.add(key_id)
            return spki

    def generate_mac_key(self, key_id: bytes) -> None:
        """Make a 256-bit MAC key that never leaves the token."""
        with self._session() as session, self._objects:
            template = PRIVATE_TEMPLATE | {Attribute.VERIFY: True} | dict.fromkeys(SECRET_MUST_BE_FALSE, False)
            named: dict[str, Any] = {"id": key_id, "label": key_id.decode(), "store": True, "template": template}
            key = session.raw.generate_key(KeyType.GENERIC_SECRET, 256, mechanism=Mechanism.GENERIC_SECRET_KEY_GEN, **named)
            require_acceptable(key)

    def has_mac_key(self, key_id: bytes) -> bool:
        with self._session() as session, self._objects:
            return any(True for _ in session.raw.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.ID: key_id}))

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

    def _open(self) -> list[_Session]:
        try:
            token = self._module.token(self._label)
            # The session that logs in is the one whose closing would log out all others: it stays in the pool for good.
            first = token.open(rw=True, user_pin=self._read_pin())
            opened = [first, *(token.open(rw=True) for _ in range(self._size - 1))]
            # Every session keeps handles of its own; a search on demand takes 0.2 s at 10,000 keys, so all are found now.
            sessions = [_Session(raw, self._objects) for raw in opened]
            for session in sessions:
                self.signing_keys = _check_all(session)
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
    def _session(self) -> Iterator[_Session]:
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

    def _borrow(self) -> _Session:
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
        held: list[_Session] = []
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


def require_acceptable(key: Any) -> bytes:
    """
    Check that a key was made on the token, can't leave it, and can only sign; give its CKA_ID.

    Raises:
        KeyUnacceptable: naming the key and each attribute that is wrong.
    """
    falses = MUST_BE_FALSE + (SECRET_MUST_BE_FALSE if key.object_class is ObjectClass.SECRET_KEY else ())
    have = key.get_attributes([*MUST_BE_TRUE, *falses, Attribute.ID])
    wrong = [attribute.name for attribute in MUST_BE_TRUE if have.get(attribute) is not True]
    wrong += [attribute.name for attribute in falses if have.get(attribute) is not False]
    key_id = bytes(have.get(Attribute.ID, b""))
    if wrong:
        raise KeyUnacceptable(f"key {key_id.hex()}: wrong {', '.join(wrong)}")
    return key_id


def _check_all(session: _Session) -> set[bytes]:
    """Check every private and secret key on the token, keep their handles, and give the ids of the private ones."""
    private = set()
    for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.SECRET_KEY):
        for key in list(session.raw.get_objects({Attribute.CLASS: kind}, batch_size=1_000)):
            key_id = require_acceptable(key)
            session.keep(kind, key_id, key)
            if kind is ObjectClass.PRIVATE_KEY:
                private.add(key_id)
    return private
