"""The kinds of values that applications send and get, each with the form by which it is known."""

from typing import Annotated

from msgspec import Meta

SECONDS_MOST = 2**31

Handle = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{22}$", description="Names one request: 22 letters, digits, `-` and `_`")]
CredentialId = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{22}$", description="Names a signer's key: 22 letters, digits, `-` and `_`")]
Oid = Annotated[str, Meta(pattern="^[0-9]+(\\.[0-9]+)+$", description="An object identifier, as in `2.16.840.1.101.3.4.2.1`")]
Base64 = Annotated[str, Meta(pattern="^[A-Za-z0-9+/]*={0,2}$", description="Bytes in base64 (RFC 4648 §4)")]
Seconds = Annotated[int, Meta(ge=0, description="Seconds that are left")]
