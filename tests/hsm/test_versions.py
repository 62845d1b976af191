"""Rows that may change count in their newest version only: the journal knows which that is, whoever writes the database."""

from collections.abc import Callable
from pathlib import Path

import pytest

from demo.passkey import Defects
from hsm.approval import approve
from hsm.cryptoki import Token
from hsm.enrollment import enroll
from hsm.errors import CredentialUnknown, EvidenceRefused, NotNew, SamError
from hsm.journal import Event
from hsm.messages import ApproveRequest
from hsm.sam import Sam
from hsm.store import Store
from tests.harness.hostile import open_sam
from tests.harness.records import credential_ids, database, journal_entries
from tests.harness.sam import TestCa, TestClock, TestSigner, make_sam

Row = tuple[object, ...]


def row_of(sam: Sam, table: str) -> Row:
    with database(sam) as connection:
        found: Row = connection.execute(f"SELECT * FROM {table}").fetchone()
        return found


def put_back(sam: Sam, table: str, row: Row) -> None:
    with database(sam) as connection:
        connection.execute(f"REPLACE INTO {table} VALUES ({', '.join('?' * len(row))})", row)


def running(sam: Sam, token: Token, clock: TestClock) -> Sam:
    return sam


def restarted(sam: Sam, token: Token, clock: TestClock) -> Sam:
    sam.store.close()
    return open_sam(token, Path(str(sam.store._writing.engine.url.database)), clock)


@pytest.mark.parametrize("later", [running, restarted])
@pytest.mark.parametrize(("table", "error"), [("passkeys", EvidenceRefused), ("credentials", CredentialUnknown)])
def test_a_row_that_was_put_back_does_not_count(
    sam: Sam,
    token: Token,
    clock: TestClock,
    ca: TestCa,
    table: str,
    error: type[SamError],
    later: Callable[[Sam, Token, TestClock], Sam],
) -> None:
    """Its seal holds, and it was once right: an older counter, a key without its certificate. Put forward again, it counts."""
    signer = TestSigner(sam, clock)
    csr = signer.begin().csr
    old = row_of(sam, table)
    signer.certify(ca.certificate(csr))
    signer.sign(signer.transaction())
    newest = row_of(sam, table)
    assert newest != old
    put_back(sam, table, old)
    signer.sam = later(sam, token, clock)
    raw = signer.transaction().encode()
    evidence = ApproveRequest(raw, signer.assertion(raw))
    with pytest.raises(error, match="not its newest"):
        approve(signer.sam, evidence)
    put_back(signer.sam, table, newest)
    approve(signer.sam, evidence)
    signer.sam.store.close()


@pytest.mark.parametrize("later", [running, restarted])
def test_a_key_whose_record_was_taken_away_is_not_made_anew(
    sam: Sam, token: Token, clock: TestClock, ca: TestCa, later: Callable[[Sam, Token, TestClock], Sam]
) -> None:
    """The key on the token stays as it is, and is still the signer's once the record is back."""
    signer = TestSigner(sam, clock).enroll(ca)
    kept = {table: row_of(sam, table) for table in ("credentials", "passkeys")}
    with database(sam) as connection:
        connection.executescript("DELETE FROM credentials; DELETE FROM passkeys")
    sam = later(sam, token, clock)
    over_the_key = TestSigner(sam, clock, user_id=signer.user_id, credential_id=signer.credential_id)
    over_the_passkey = TestSigner(sam, clock, user_id=signer.user_id)
    for enrollment in (
        over_the_key.enrollment(),
        over_the_passkey.enrollment(Defects(wrong_credential_id=signer.passkey.credential_id)),
    ):
        with pytest.raises(NotNew):
            enroll(sam, enrollment)
    for table, row in kept.items():
        put_back(sam, table, row)
    signer.sam = sam
    assert signer.sign(signer.transaction()).signatures
    sam.store.close()


def test_a_row_of_another_history_does_not_count(token: Token, tmp_path: Path, clock: TestClock, ca: TestCa) -> None:
    """Sealed under the same key, but by a SAM with other records."""
    (tmp_path / "elsewhere").mkdir()
    elsewhere = make_sam(token, tmp_path / "elsewhere", clock)
    signer = TestSigner(elsewhere, clock).enroll(ca)
    sam = make_sam(token, tmp_path, clock)
    for table in ("credentials", "passkeys"):
        put_back(sam, table, row_of(elsewhere, table))
    assert credential_ids(sam) == [signer.credential_id]
    with pytest.raises(CredentialUnknown):
        sam.store.credential(signer.credential_id)
    elsewhere.store.close()
    sam.store.close()


def test_a_store_that_has_seen_nothing_yet_learns_from_the_journal(signer: TestSigner) -> None:
    """And one that another process got ahead of, too."""
    other = Store(str(signer.sam.store._writing.engine.url), signer.sam.keyring.seal_mac)
    assert other.credential(signer.credential_id).state == "enabled"
    signer.sign(signer.transaction())
    assert other.passkey(signer.passkey.credential_id) == signer.sam.store.passkey(signer.passkey.credential_id)
    other.close()


def test_every_row_that_is_written_is_named_in_the_journal(signer: TestSigner) -> None:
    """The entry that tells why a row was written tells which, and in which version."""
    signer.sign(signer.transaction())
    told = {entry["event"]: entry.get("rows", []) for entry in journal_entries(signer.sam)}
    passkey = signer.passkey.credential_id.hex()
    assert told[Event.KEY_INTENDED] == [
        ["pins", signer.enrollment_id, 1],
        ["credentials", signer.credential_id, 1],
        ["passkeys", passkey, 1],
    ]
    assert told[Event.KEY_MADE] == [["credentials", signer.credential_id, 2]]
    assert told[Event.CERTIFIED] == [["credentials", signer.credential_id, 3]]
    assert told[Event.APPROVED] == [["passkeys", passkey, 2]]
    assert told[Event.SIGN_INTENDED] == told[Event.SIGNED] == []


def test_a_row_without_an_entry_is_not_written(signer: TestSigner) -> None:
    """A change that forgets to say why it was made fails as a whole."""
    passkey = signer.sam.store.passkey(signer.passkey.credential_id)
    with pytest.raises(AssertionError, match="not journalled"), signer.sam.store.change(signer.clock.now) as change:
        change.advance_counter(passkey, passkey.sign_count + 7)
    assert signer.sam.store.passkey(signer.passkey.credential_id) == passkey
