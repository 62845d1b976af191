"""What a key on the token may be used for: one thing each, asserted when it is made and at every start."""

from typing import Any

from msgspec import Struct
from pkcs11 import Attribute, KeyType, ObjectClass

from hsm.errors import KeyUnacceptable

KEPT_INSIDE = (
    Attribute.TOKEN,
    Attribute.PRIVATE,
    Attribute.SENSITIVE,
    Attribute.ALWAYS_SENSITIVE,
    Attribute.NEVER_EXTRACTABLE,
    Attribute.LOCAL,
)
NEVER = (Attribute.EXTRACTABLE, Attribute.MODIFIABLE, Attribute.COPYABLE, Attribute.UNWRAP, Attribute.DERIVE)


class KeyUse(Struct, frozen=True, eq=False):
    """
    The one thing that a key may do: how it is found, which attributes it must have, and which it must not.

    What a secret key is for is said by its type, so that a MAC key that can encrypt, or an AES key that can sign, is neither.
    """

    object_class: ObjectClass
    key_type: KeyType | None
    must_be_true: tuple[Attribute, ...]
    must_be_false: tuple[Attribute, ...]

    def search(self, key_id: bytes) -> dict[Attribute, Any]:
        kind = {} if self.key_type is None else {Attribute.KEY_TYPE: self.key_type}
        return {Attribute.CLASS: self.object_class, Attribute.ID: key_id} | kind

    def template(self) -> dict[Attribute, bool]:
        """What is asked for when the key is made; the rest the token says by itself."""
        by_token = (Attribute.ALWAYS_SENSITIVE, Attribute.NEVER_EXTRACTABLE, Attribute.LOCAL)
        asked = dict.fromkeys(self.must_be_true, True) | dict.fromkeys(self.must_be_false, False)
        return {attribute: value for attribute, value in asked.items() if attribute not in by_token}


SIGNING = KeyUse(ObjectClass.PRIVATE_KEY, None, (*KEPT_INSIDE, Attribute.SIGN), (*NEVER, Attribute.DECRYPT))
MAC = KeyUse(  # a secret key also has the last two attributes; a private key does not
    ObjectClass.SECRET_KEY,
    KeyType.GENERIC_SECRET,
    (*KEPT_INSIDE, Attribute.SIGN),
    (*NEVER, Attribute.DECRYPT, Attribute.ENCRYPT, Attribute.WRAP),
)
ENCRYPTION = KeyUse(
    ObjectClass.SECRET_KEY,
    KeyType.AES,
    (*KEPT_INSIDE, Attribute.ENCRYPT, Attribute.DECRYPT),
    (*NEVER, Attribute.SIGN, Attribute.VERIFY, Attribute.WRAP),
)


def require_acceptable(key: Any, use: KeyUse) -> bytes:
    """
    Check that a key was made on the token, can't leave it, and can do one thing only; give its CKA_ID.

    Raises:
        KeyUnacceptable: naming the key and each attribute that is wrong.
    """
    have = key.get_attributes([*use.must_be_true, *use.must_be_false, Attribute.ID])
    wrong = [attribute.name for attribute in use.must_be_true if have.get(attribute) is not True]
    wrong += [attribute.name for attribute in use.must_be_false if have.get(attribute) is not False]
    key_id = bytes(have.get(Attribute.ID, b""))
    if wrong:
        raise KeyUnacceptable(f"key {key_id.hex()}: wrong {', '.join(wrong)}")
    return key_id
