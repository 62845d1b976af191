"""What the service answers, as types, read strictly: what is missing or of another type is AnswerUnusable; other fields are left."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from natsuin.client.errors import AnswerUnusable
from natsuin.client.moving_code import MovingCode

ELLIPTIC = "1.2.840.10045."  # ansi-X9-62, under which all ECDSA algorithms are (RFC 5758 §3.2)


@dataclass(frozen=True, slots=True)
class Credential:
    """A signer's key at the service, and its certificate (CSC API 2.0 §11.6)."""

    id: str
    key_status: str
    """`enabled` or `disabled`."""
    certificate_status: str | None
    """What the CA says just now: `valid`, `expired`, `revoked`, `suspended`; None where nobody tells."""
    certificates: tuple[bytes, ...]
    """DER, the signer's first, then the chain."""
    algorithms: tuple[str, ...]
    """OIDs that signatures may be made with."""
    most_signatures: int
    """How many digests one request may have."""
    factors: tuple[str, ...]
    """What the signer may approve with: `passkey`, `otp`."""

    @property
    def is_elliptic(self) -> bool:
        return all(algorithm.startswith(ELLIPTIC) for algorithm in self.algorithms)

    @property
    def is_usable(self) -> bool:
        """Whether it can sign now, as far as anybody tells."""
        return self.key_status == "enabled" and self.certificate_status in ("valid", None)


@dataclass(frozen=True, slots=True)
class Asked:
    """The signer was asked: show `approval_url`, or codes of `moving_code`, and `verification_code` where there is one."""

    handle: str
    """Names the request; who keeps it can go on waiting after a restart."""
    expires_in_s: int
    approval_url: str | None
    """None where requests of this application open with the moving code only."""
    verification_code: str | None
    """The signer types it on the phone."""
    moving_code: MovingCode | None
    progress: str | None


@dataclass(frozen=True, slots=True, repr=False)
class Approval:
    """The signer approved; `sad` is a secret that signs once, within `expires_in_s`."""

    sad: str
    expires_in_s: int
    factor: str | None
    """`passkey`, or `otp`, which binds nothing cryptographically."""


class Fields:
    """One JSON object; each method takes one field out of it, or raises AnswerUnusable."""

    def __init__(self, fields: Any, what: str) -> None:
        self._what = what
        if not isinstance(fields, dict):
            raise self._unusable("it is not a JSON object")
        self._fields = fields

    def text(self, name: str) -> str:
        if (value := self.optional_text(name)) is None:
            raise self._unusable(f"{name} is missing")
        return value

    def optional_text(self, name: str) -> str | None:
        value = self._fields.get(name)
        if not isinstance(value, str | None):
            raise self._unusable(f"{name} is not a string")
        return value

    def number(self, name: str, default: int | None = None) -> int:
        value = self._fields.get(name, default)
        if not isinstance(value, int):
            raise self._unusable(f"{name} is not a number")
        return value

    def texts(self, name: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        value = self._fields.get(name, default)
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            raise self._unusable(f"{name} is not a list of strings")
        return tuple(value)

    def binaries(self, name: str) -> tuple[bytes, ...]:
        try:
            return tuple(base64.b64decode(one, validate=True) for one in self.texts(name))
        except binascii.Error:
            raise self._unusable(f"{name} is not base64") from None

    def fields(self, name: str) -> "Fields":
        return Fields(self._fields.get(name), self._what)

    def _unusable(self, why: str) -> AnswerUnusable:
        return AnswerUnusable(f"the answer to {self._what} can't be used: {why}")


def read_credential(credential_id: str, answer: Fields) -> Credential:
    """Read the answer to `credentials/info`."""
    key, cert = answer.fields("key"), answer.fields("cert")
    credential = Credential(
        id=credential_id,
        key_status=key.text("status"),
        certificate_status=cert.optional_text("status"),
        certificates=cert.binaries("certificates"),
        algorithms=key.texts("algo"),
        most_signatures=answer.number("multisign", 1),
        factors=answer.texts("factors", ()),
    )
    if not credential.certificates or not credential.algorithms:
        raise AnswerUnusable("the answer to credentials/info can't be used: it has no certificate or no algorithm")
    return credential


def read_asked(answer: Fields) -> Asked:
    """Read the answer to `credentials/authorize`, just now come."""
    url, token, key = (answer.optional_text(name) for name in ("code_url", "code_token", "code_key"))
    approval_url = answer.optional_text("approval_url")
    for address in (url, approval_url):
        if address is not None and not address.startswith(("https://", "http://")):
            raise AnswerUnusable("the answer to credentials/authorize can't be used: an address is none of the web")
    return Asked(
        handle=answer.text("handle"),
        expires_in_s=answer.number("expiresIn"),
        approval_url=approval_url,
        verification_code=answer.optional_text("verification_code"),
        moving_code=MovingCode(url, token, key, answer.number("code_second", 0)) if url and token and key else None,
        progress=answer.optional_text("progress"),
    )


def read_approval(answer: Fields) -> Approval:
    """Read the good answer to `credentials/authorizeCheck`."""
    return Approval(sad=answer.text("SAD"), expires_in_s=answer.number("expiresIn", 3600), factor=answer.optional_text("factor"))
