"""Seals: every column, every value and the table's name count, under a key that only the HSM has."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict

from hsm import journal
from hsm.records import ACTIVATIONS, APPROVALS, CREDENTIALS, PASSKEYS, Activation, Approval, Credential, Passkey
from hsm.sam import Sam
from hsm.seal import SealBroken, check_seal, seal

ROWS: list[Any] = [
    (PASSKEYS.name, asdict(Passkey(b"id", "enrollment", "signer", b"handle", b"key", 7, 0))),
    (
        CREDENTIALS.name,
        asdict(Credential("credential", "enrollment", "signer", "p-256", b"sha", "passkey", "enabled", b"key", b"csr", b"certificate")),
    ),
    (APPROVALS.name, asdict(Approval("authorization", "approved", None, b"transaction", 1, 2))),
    (ACTIVATIONS.name, asdict(Activation("authorization", b"sha", None, "signed", b"signatures"))),
    (journal.HEAD, asdict(journal.Head(1, b"frontier", 2))),
]
OTHER = {str: "other", bytes: b"other", int: 99, type(None): "other"}
VALUES = st.none() | st.integers(-(2**63), 2**63 - 1) | st.text() | st.lists(st.text(), max_size=2).map(str)


def sealed(sam: Sam, table: str, row: dict[str, Any]) -> dict[str, Any]:
    return row | {"seal": seal(sam.keyring.seal_mac, table, row)}


@pytest.mark.parametrize(("table", "row"), ROWS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_row_as_it_was_sealed_holds(sam: Sam, table: str, row: dict[str, Any]) -> None:
    """In whatever order its columns come."""
    check_seal(sam.keyring.seal_mac, table, sealed(sam, table, row))
    check_seal(sam.keyring.seal_mac, table, dict(reversed(sealed(sam, table, row).items())))


@pytest.mark.parametrize(("table", "row"), ROWS, ids=lambda value: value if isinstance(value, str) else "")
def test_every_column_counts(sam: Sam, table: str, row: dict[str, Any]) -> None:
    """A change of any one breaks the seal; so does a column that is missing, or one too many."""
    good = sealed(sam, table, row)
    changes: list[dict[str, object]] = [{name: OTHER[type(value)]} for name, value in row.items()]
    changes += [{name: None} for name, value in row.items() if value is not None and name != "seal"]
    changes.append({"more": 1})
    for change in changes:
        with pytest.raises(SealBroken):
            check_seal(sam.keyring.seal_mac, table, good | change)
    for name in row.keys() - {"seal"}:
        with pytest.raises(SealBroken):
            check_seal(sam.keyring.seal_mac, table, {column: value for column, value in good.items() if column != name})


def test_the_table_counts(sam: Sam) -> None:
    """A row that is moved to another table is not what was sealed."""
    table, row = ROWS[0]
    with pytest.raises(SealBroken):
        check_seal(sam.keyring.seal_mac, "credentials", sealed(sam, table, row))


def test_the_key_counts(sam: Sam) -> None:
    """A seal under the key of the SADs is none."""
    table, row = ROWS[0]
    with pytest.raises(SealBroken):
        check_seal(sam.keyring.sad_mac, table, sealed(sam, table, row))


@pytest.mark.parametrize("wrong", [b"", bytes(32), b"x" * 31, b"x" * 64])
def test_what_is_no_seal_does_not_hold(sam: Sam, wrong: bytes) -> None:
    """Of any length."""
    table, row = ROWS[0]
    with pytest.raises(SealBroken):
        check_seal(sam.keyring.seal_mac, table, row | {"seal": wrong})


@settings(derandomize=True, deadline=None, database=None, max_examples=500)
@given(st.text(), st.dictionaries(st.text(), VALUES, max_size=3), st.text(), st.dictionaries(st.text(), VALUES, max_size=3))
def test_different_rows_are_sealed_over_different_bytes(table: str, row: dict[str, Any], other_table: str, other: dict[str, Any]) -> None:
    """No value can reach over into its neighbour's place."""
    same = (table, {name: value for name, value in row.items() if name != "seal"}) == (
        other_table,
        {name: value for name, value in other.items() if name != "seal"},
    )
    assert (seal(lambda data: data, table, row) == seal(lambda data: data, other_table, other)) == same
