"""What a signer may approve with, in words for the operator."""

from typing import Any


def in_words(ways: dict[str, Any] | None) -> str:
    """Say it to people."""
    if ways is None:
        return "the SAM does not say"
    if ways["factors"] == "passkey":
        return "passkey only"
    if not ways["has_pin"] or not ways["tokens"]:
        return "passkey; PIN and one-time password not set up"
    tokens = ", ".join(f"{one['kind']} {one['serial'] or 'app'}" for one in ways["tokens"])
    return f"passkey; PIN and one-time password{' (locked)' if ways['locked'] else ''}: {tokens}"
