"""
Seals: a MAC under an HSM key on every row that grants power, over the table's name and every other column.

Write access to the SAM's database therefore grants nothing. A seal does not show that a row is the newest: rows that must not go back
in time are inserted once and never changed, or compared with the journal.
"""

import hmac
from collections.abc import Mapping
from typing import Any

import msgspec

from hsm.errors import SamError
from hsm.keyring import Mac


class SealBroken(SamError):
    """A row is not what the SAM wrote."""


def seal(mac: Mac, table: str, row: Mapping[str, Any]) -> bytes:
    """Seal a row: 32 bytes over `table` and all columns except `seal`, in the order of their names."""
    columns = sorted((str(name), value) for name, value in row.items() if name != "seal")
    # Not JSON: there, bytes and the text of their base64 are the same.
    return mac(b"natsuin/v1/seal\x00" + msgspec.msgpack.encode([str(table), columns]))


def check_seal(mac: Mac, table: str, row: Mapping[str, Any]) -> None:
    """
    Check a row's seal.

    Raises:
        SealBroken: the row was written or changed by someone else.
    """
    given = row["seal"]
    if not isinstance(given, bytes) or not hmac.compare_digest(seal(mac, table, row), given):
        raise SealBroken(f"a row of {table}")
