"""
The secret with which a proxy that ends TLS shows that a client certificate is reported by it, and by nobody else (`oauth.certificate`).
"""

from pathlib import Path

from app.domain.identifiers import secret_sha256
from app.errors import CannotStart

LEAST_CHARACTERS = 22


def load_proxy_secret(file: Path | None) -> bytes | None:
    """Give the hash of the secret in a file; None where there is no such proxy. Raises CannotStart."""
    if file is None:
        return None
    try:
        if file.stat().st_mode & 0o077:
            raise CannotStart(f"the proxy's secret {file} must be readable by its owner only (chmod 600)")
        secret = file.read_text().strip()
    except (OSError, ValueError) as error:
        raise CannotStart(f"the proxy's secret {file} can't be used: {type(error).__name__}") from error
    if len(secret) < LEAST_CHARACTERS or not secret.isascii():
        raise CannotStart(f"the proxy's secret {file} must have at least {LEAST_CHARACTERS} characters")
    return secret_sha256(secret)
