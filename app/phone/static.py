"""The addresses of the pages' own files."""

import hashlib
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent.parent.parent / "static"


@cache
def static_digest() -> str:
    """Name the state of all static files; it stands in their path, so that scripts which import each other always fit together."""
    whole = hashlib.sha256()
    for file in sorted(path for path in STATIC.rglob("*") if path.is_file()):
        whole.update(file.relative_to(STATIC).as_posix().encode() + b"\0" + file.read_bytes())
    return whole.hexdigest()[:12]


def static_path(path: str) -> str:
    """Give the address of a static file, which names the state of them all."""
    return f"/static/{static_digest()}/{path}"
