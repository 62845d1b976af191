"""Reading an application's JSON strictly, with the standard's own words for what is wrong (CSC 2.0 §10, §11)."""

import base64
import binascii
import hashlib
import json
from typing import Any

from starlette.requests import Request

from app.errors import BadParameter
from app.reading import read_json

MAX_BODY_BYTES = 1_000_000


class Body:
    """One JSON object; each method takes one parameter out of it, or raises BadParameter."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self._fields = fields

    def sha256(self) -> bytes:
        """Give the digest of all that was sent, whatever its spelling as JSON."""
        return hashlib.sha256(json.dumps(self._fields, sort_keys=True, separators=(",", ":")).encode()).digest()

    def text(self, name: str) -> str:
        """Give a string that must be there."""
        value = self._fields.get(name)
        if not isinstance(value, str) or not value:
            raise BadParameter(f"Missing (or invalid type) string parameter {name}")
        return value

    def with_text(self, name: str, value: str) -> "Body":
        """Give the same object with a string that came in another way; raises BadParameter where it is there, and says something else."""
        if self._fields.get(name, value) != value:
            raise BadParameter(f"Invalid parameter {name}")
        return Body(self._fields | {name: value})

    def optional_text(self, name: str, longest: int = 10_000) -> str | None:
        """Give a string that may be absent."""
        value = self._fields.get(name)
        if value is not None and (not isinstance(value, str) or len(value) > longest):
            raise BadParameter(f"Invalid parameter {name}")
        return value

    def has(self, name: str) -> bool:
        """Tell whether something was given by this name."""
        return self._fields.get(name) is not None

    def text_or_texts(self, name: str) -> list[str] | None:
        """Give a list of strings where one or several are given; None where it is neither."""
        value = self._fields.get(name)
        listed = [value] if isinstance(value, str) else value
        return listed if isinstance(listed, list) and all(isinstance(one, str) for one in listed) else None

    def is_empty(self, name: str) -> bool:
        """Tell whether an empty string was given, which some methods have words of their own for."""
        return self._fields.get(name) == ""

    def text_or_wrong(self, name: str) -> str | None:
        """Give a string that may be absent; what is none is wrong in the words of `signPolling`, which quote the name."""
        value = self._fields.get(name)
        if value is not None and not isinstance(value, str):
            raise BadParameter(f"Invalid parameter “{name}”")
        return value

    def text_where_given(self, name: str) -> str | None:
        """Give a string that some requests need and others may leave out."""
        return self.text(name) if self._fields.get(name) is not None else None

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        """Give one of a few words."""
        value = self._fields.get(name, default)
        if value not in choices:
            raise BadParameter(f"Invalid parameter {name}")
        return str(value)

    def flag(self, name: str) -> bool:
        """Give a boolean that is false where absent."""
        value = self._fields.get(name, False)
        if not isinstance(value, bool):
            raise BadParameter(f"Invalid parameter {name}")
        return value

    def number(self, name: str) -> int:
        """Give an integer that must be there."""
        value = self._fields.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise BadParameter(f"Missing (or invalid type) integer parameter {name}")
        return value

    def whole(self, name: str) -> int | None:
        """Give an integer that may be absent."""
        value = self._fields.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise BadParameter(f"Invalid parameter {name}")
        return value

    def number_within(self, name: str, low: int, high: int, default: int) -> int:
        """Give an integer within bounds, or the default where absent."""
        if name not in self._fields:
            return default
        value = self.number(name)
        if not low <= value <= high:
            raise BadParameter(f"Invalid parameter {name}")
        return value

    def texts(self, name: str) -> list[str] | None:
        """Give a list of strings that may be absent."""
        value = self._fields.get(name)
        if value is not None and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
            raise BadParameter(f"Invalid parameter {name}")
        return value

    def hashes(self) -> tuple[bytes, ...]:
        """Give the digests; the standard calls the parameter `hash` in its error texts."""
        value = self._fields.get("hashes")
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise BadParameter("Missing (or invalid type) array parameter hash")
        if not value:
            raise BadParameter("Empty hash array")
        digests = tuple(decoded for one in value if (decoded := decode_base64(one)))
        if len(digests) != len(value):
            raise BadParameter("Invalid Base64 hash string parameter")
        return digests

    def list_where_given(self, name: str) -> list[Any] | None:
        """Give a list of anything that may be absent."""
        value = self._fields.get(name)
        if value is not None and not isinstance(value, list):
            raise BadParameter(f"Invalid parameter {name}")
        return value

    def objects(self, name: str) -> list[dict[str, Any]]:
        """Give a list of objects; empty where absent."""
        value = self._fields.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise BadParameter(f"Invalid parameter {name}")
        return value


async def read_body(request: Request, most_bytes: int = MAX_BODY_BYTES) -> Body:
    """Read a request's JSON object; raises BadRequest."""
    return Body(await read_json(request, most_bytes))


def decode_base64(text: str) -> bytes | None:
    """Decode base64 in its one spelling; None where it is another one, or none: Python ignores stray bits, and takes padding inside."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return decoded if base64.b64encode(decoded).decode() == text else None
