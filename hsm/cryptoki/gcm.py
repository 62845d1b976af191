"""AES-256-GCM (NIST SP 800-38D) with a key of the token; which IV, its caller knows."""

import os
from typing import Any

import pkcs11
from pkcs11 import GCMParams, Mechanism

from hsm.errors import SecretUnreadable

GCM_IV_BYTES = 12  # NIST SP 800-38D §8.2
GCM_TAG_BYTES = 16


def encrypt(key: Any, iv: bytes, data: bytes, associated: bytes) -> bytes:
    """Give the ciphertext with its tag behind."""
    return bytes(key.encrypt(data, **_gcm(iv, associated)))


def decrypt(key: Any, iv: bytes, data: bytes, associated: bytes) -> bytes:
    """Open what `encrypt` gave; raises SecretUnreadable where the tag does not hold, and PKCS11Error where the key is not well."""
    try:
        return bytes(key.decrypt(data, **_gcm(iv, associated)))
    except (pkcs11.exceptions.EncryptedDataInvalid, pkcs11.exceptions.EncryptedDataLenRange):
        raise SecretUnreadable("its tag does not hold") from None
    except pkcs11.exceptions.GeneralError:
        # SoftHSM says this for a wrong tag, and for much else. A key that still opens what it closes is well, so it is the data.
        probe = os.urandom(GCM_IV_BYTES)
        key.decrypt(encrypt(key, probe, b"", b""), **_gcm(probe, b""))
        raise SecretUnreadable("its tag does not hold") from None


def _gcm(iv: bytes, associated: bytes) -> dict[str, Any]:
    return {"mechanism": Mechanism.AES_GCM, "mechanism_param": GCMParams(iv, associated, GCM_TAG_BYTES * 8)}
