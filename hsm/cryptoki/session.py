"""A PKCS#11 session with the handles of the keys that were found through it."""

import threading
from typing import Any

import pkcs11
from pkcs11 import Attribute, ObjectClass

from hsm.cryptoki.key_use import ENCRYPTION, MAC, SIGNING, KeyUse, require_acceptable
from hsm.errors import KeyUnacceptable


class Session:
    """Used by one thread at a time."""

    def __init__(self, raw: Any, objects: threading.Lock) -> None:
        self.raw = raw
        self._objects = objects
        self._found: dict[tuple[KeyUse, bytes], Any] = {}

    def key(self, use: KeyUse, key_id: bytes) -> Any:
        """Give a key by CKA_ID; the first time it is searched, which takes time linear in the number of objects."""
        known = self._found.get((use, key_id))
        if known is None:
            with self._objects:  # a search beside a write to the token breaks both in SoftHSM
                known = next(iter(self.raw.get_objects(use.search(key_id))), None)
            if known is None:  # a token that went away may answer like this, so it is an error of the token
                raise pkcs11.exceptions.NoSuchKey(f"{use.object_class.name} {key_id.hex()}")
            self._found[use, key_id] = known
        return known

    def keep(self, use: KeyUse, key_id: bytes, key: Any) -> None:
        self._found[use, key_id] = key

    def forget(self, key_id: bytes) -> None:
        for use in (SIGNING, MAC, ENCRYPTION):
            self._found.pop((use, key_id), None)


def check_all(session: Session) -> set[bytes]:
    """Check every private and secret key on the token, keep their handles, and give the ids of the private ones."""
    private = set()
    for key in list(session.raw.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY}, batch_size=1_000)):
        key_id = require_acceptable(key, SIGNING)
        session.keep(SIGNING, key_id, key)
        private.add(key_id)
    for key in list(session.raw.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY}, batch_size=1_000)):
        use = next((use for use in (MAC, ENCRYPTION) if use.key_type == key[Attribute.KEY_TYPE]), None)
        if use is None:
            raise KeyUnacceptable(f"key {bytes(key[Attribute.ID]).hex()}: wrong KEY_TYPE")
        session.keep(use, require_acceptable(key, use), key)
    return private
