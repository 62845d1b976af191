"""The key of the documents: ciphertext says nothing, belongs to one place, and the file is its owner's alone."""

from pathlib import Path

import pytest

from app.document_key import load_or_make_document_key
from app.errors import CannotStart, StoreUnavailable

FILE = b"%PDF-1.7 " + b"secret words " * 100


def test_a_file_comes_back_for_its_own_place_only(tmp_path: Path) -> None:
    """Another authorization, another position, a changed byte, another key or too few bytes: nothing comes back."""
    key = load_or_make_document_key(tmp_path / "a" / "key")
    sealed = key.seal("A" * 22, 1, FILE)
    assert key.open("A" * 22, 1, sealed) == FILE
    assert load_or_make_document_key(tmp_path / "a" / "key").open("A" * 22, 1, sealed) == FILE
    assert b"secret" not in sealed
    assert key.seal("A" * 22, 1, FILE) != sealed
    other = load_or_make_document_key(tmp_path / "b" / "key")
    for opener, place, position, data in [
        (key, "B" * 22, 1, sealed),
        (key, "A" * 22, 2, sealed),
        (key, "A" * 22, 1, sealed[:-1] + bytes([sealed[-1] ^ 1])),
        (key, "A" * 22, 1, sealed[:11]),
        (key, "A" * 22, 1, b""),
        (other, "A" * 22, 1, sealed),
    ]:
        with pytest.raises(StoreUnavailable):
            opener.open(place, position, data)


def test_the_key_is_its_owners_alone(tmp_path: Path) -> None:
    """Nobody else may read the file that is made, and one that others may read, or that is no key, stops the start."""
    file = tmp_path / "key"
    load_or_make_document_key(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["key"]
    file.chmod(0o640)
    with pytest.raises(CannotStart, match="owner only"):
        load_or_make_document_key(file)
    file.chmod(0o600)
    file.write_bytes(bytes(31))
    with pytest.raises(CannotStart, match="not 32 bytes"):
        load_or_make_document_key(file)
