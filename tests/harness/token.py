"""Looks at what is on a token, past the SAM."""

from typing import Any

from pkcs11 import Attribute, ObjectClass

from hsm.cryptoki import Token


def find(token: Token, kind: ObjectClass, key_id: bytes | None = None) -> list[Any]:
    """Find the objects of one kind, or of one key; the SAM must not be using the token just now."""
    wanted: dict[Attribute, Any] = {Attribute.CLASS: kind} | ({} if key_id is None else {Attribute.ID: key_id})
    with token._session() as session:
        return list(session.raw.get_objects(wanted))


def count_keys(token: Token, key_id: bytes) -> tuple[int, int]:
    """Count the private and the public keys with this id."""
    return len(find(token, ObjectClass.PRIVATE_KEY, key_id)), len(find(token, ObjectClass.PUBLIC_KEY, key_id))
