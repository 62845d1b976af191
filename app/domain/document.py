"""A document that its signer can open before deciding: the application's file, and what the transaction says of it."""

from msgspec import Struct

from hsm.messages import Content


class Upload(Struct, frozen=True):
    """The file, and how its bytes lead to the hash that is signed; both were compared."""

    content: Content
    file: bytes
