"""The signed statement: what the journal tells of one enrolment and no other, with proofs, by a key that signs nothing else."""

import base64
import hashlib
import json
from pathlib import Path

import msgspec
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import load_der_public_key

from demo.passkey import Passkey, from_base64url
from hsm import statement as statements
from hsm import tree as trees
from hsm.approval import refuse
from hsm.credential import freeze
from hsm.cryptoki import Token
from hsm.errors import CredentialUnknown, RecordsTampered
from hsm.histories import Histories
from hsm.journal import leaf_hash
from hsm.keyring import STATEMENT_KEY_ID, Keyring, signers_keys
from hsm.messages import FreezeRequest, Jws, RefuseRequest, Statement, StatementRequest
from hsm.sam import Sam
from hsm.statement import statement
from hsm.tree import Tree
from tests.harness.hostile import open_sam
from tests.harness.records import database, journal_entries
from tests.harness.sam import TestCa, TestClock, TestSigner, new_id
from tests.hsm.test_journal import tree_hash


def read(sam: Sam, credential_id: str, first: int = 0) -> tuple[Statement, int | None]:
    """Ask for a statement, verify its signature as RFC 7515 says, and give its payload, and where the next one begins."""
    reply = statement(sam, StatementRequest(credential_id, first))
    jws = msgspec.json.decode(reply.statement, type=Jws)
    verify(sam.keyring.statement_public_key, jws)
    return msgspec.json.decode(from_base64url(jws.payload), type=Statement), reply.next


def verify(public_key: bytes, jws: Jws) -> None:
    key = load_der_public_key(public_key)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    raw = from_base64url(jws.signature)
    signature = utils.encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    key.verify(signature, f"{jws.protected}.{jws.payload}".encode(), ec.ECDSA(hashes.SHA256()))


def told(found: Statement) -> list[tuple[str, str]]:
    entries = [json.loads(one.entry) for one in found.entries]
    return [(entry["event"], entry["subject"]) for entry in entries]


def proven_root(leaf: bytes, number: int, size: int, path: tuple[bytes, ...]) -> bytes:
    """Compute the root from a leaf and its path, as RFC 9162 §2.1.3.2 says it."""
    node, place, last = leaf, number, size - 1
    for sibling in path:
        assert last > 0
        if place & 1 or place == last:
            node = hashlib.sha256(b"\x01" + sibling + node).digest()
            while not place & 1:
                place, last = place >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\x01" + node + sibling).digest()
        place, last = place >> 1, last >> 1
    assert last == 0
    return node


def test_a_statement_tells_of_every_authorization_with_its_end(signer: TestSigner, clock: TestClock) -> None:
    """The key, its certificate, what was approved, refused and signed, in the journal's order."""
    signed, refused, approved = (signer.transaction(hashlib.sha256(bytes([number])).digest()) for number in range(3))
    signer.sign(signed)
    refuse(signer.sam, RefuseRequest(refused.encode(), "not_me"))
    signer.approve(approved)
    found, following = read(signer.sam, signer.credential_id)
    assert following is None
    assert (found.enrollment_id, found.made, found.total) == (signer.enrollment_id, int(clock.now), len(found.entries))
    key = signer.credential_id
    assert told(found) == [
        ("key_intended", key),
        ("key_made", key),
        ("certified", key),
        ("approved", signed.id),
        ("sign_intended", signed.id),
        ("signed", signed.id),
        ("refused", refused.id),
        ("approved", approved.id),
    ]


def test_every_entry_is_proven_to_be_in_the_tree(signer: TestSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Older blocks are read again, the newest leaves are at hand; each path leads to the root over all entries."""
    monkeypatch.setattr(trees, "BLOCK", 8)
    monkeypatch.setattr("hsm.store.BLOCK", 8)
    sam = signer.sam
    sam.store._histories = Histories()  # the tree anew, in small blocks
    sam.store.verify_journal()
    for number in range(23):
        signer.approve(signer.transaction(hashlib.sha256(bytes([number])).digest()))
    found, _ = read(sam, signer.credential_id)
    leaves = entries_of(sam)
    assert (found.tree.size, found.tree.root_sha256) == (len(leaves), tree_hash(leaves).hex())
    for one in found.entries:
        assert leaves[one.number] == one.entry
        assert proven_root(leaf_hash(one.entry), one.number, found.tree.size, one.path).hex() == found.tree.root_sha256


def entries_of(sam: Sam) -> list[bytes]:
    with database(sam) as connection:
        return [bytes(entry) for (entry,) in connection.execute("SELECT entry FROM journal ORDER BY number")]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 255, 256, 257, 700])
def test_paths_are_those_of_the_standard(size: int) -> None:
    """For trees below, at and above the size of a block, as the definition has them."""
    leaves = [bytes([number % 256, number // 256]) for number in range(size)]
    hashed = [leaf_hash(leaf) for leaf in leaves]
    grown = Tree()
    for leaf in hashed:
        grown.add(leaf)
    frozen = grown.frozen()
    assert (frozen.size, frozen.root) == (size, tree_hash(leaves))
    for number in range(0, size, max(1, size // 50)):
        path = frozen.path(number, lambda start: hashed[start : start + trees.BLOCK])
        assert proven_root(hashed[number], number, size, tuple(path)) == tree_hash(leaves)


def test_a_statement_tells_of_nobody_else(signer: TestSigner, clock: TestClock, ca: TestCa) -> None:
    """Neither another's entries, nor refused calls, whose words whoever sent them has chosen.

    What proofs show of others has chance in it that can't be guessed.
    """
    other = TestSigner(signer.sam, clock).enroll(ca)
    transaction = other.transaction(hashlib.sha256(b"x").digest())
    other.approve(transaction)
    with signer.sam.store.change(clock.now) as change:
        change.deny("approve", signer.credential_id, "malformed", "chosen words")
    found, _ = read(signer.sam, signer.credential_id)
    text = b"".join(one.entry for one in found.entries)
    for word in (other.credential_id, other.user_id, other.enrollment_id, transaction.id, "chosen words"):
        assert word.encode() not in text
    salts = [entry["salt"] for entry in journal_entries(signer.sam)]
    assert len(set(salts)) == len(salts)
    assert all(len(base64.b64decode(salt)) == 16 for salt in salts)


def test_changes_of_an_enrolment_are_told(signer: TestSigner, clock: TestClock) -> None:
    """A passkey added, a key frozen, used again and destroyed."""
    signer.add(Passkey())
    freeze(signer.sam, FreezeRequest(signer.credential_id, int(clock.now) + 60, "signer"))
    signer.amend(signer.unfreezing())
    signer.amend(signer.destroying())
    found, _ = read(signer.sam, signer.credential_id)
    assert [event for event, _ in told(found)][3:] == ["amended", "frozen", "amended", "amended", "destroyed"]


def test_long_histories_come_in_parts(signer: TestSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each says where it begins and how many entries there are, so that none can be left out; the last one says that it is."""
    monkeypatch.setattr(statements, "MAX_STATEMENT_ENTRIES", 4)
    for number in range(7):
        signer.approve(signer.transaction(hashlib.sha256(bytes([number])).digest()))
    first, numbers = 0, list[int]()
    while True:
        found, following = read(signer.sam, signer.credential_id, first)
        assert (found.first, found.total, len(found.entries) <= 4) == (first, 10, True)
        numbers += [one.number for one in found.entries]
        if following is None:
            break
        first = following
    assert len(numbers) == 10
    assert numbers == sorted(set(numbers))
    monkeypatch.setattr(statements, "MAX_STATEMENT_BYTES", 1)
    assert len(read(signer.sam, signer.credential_id)[0].entries) == 1
    assert read(signer.sam, signer.credential_id, 10)[0].entries == ()


def test_a_restarted_sam_tells_the_same(signer: TestSigner, token: Token, clock: TestClock) -> None:
    """With the same key, from the journal alone."""
    transaction = signer.transaction(hashlib.sha256(b"x").digest())
    signer.sign(transaction)
    before, _ = read(signer.sam, signer.credential_id)
    again = open_sam(token, Path(str(signer.sam.store._writing.engine.url.database)), clock)
    try:
        after, _ = read(again, signer.credential_id)
        assert [one.entry for one in after.entries] == [one.entry for one in before.entries]
        assert after.tree.size == before.tree.size + 1
        assert again.keyring.statement_key_sha256 == signer.sam.keyring.statement_key_sha256
    finally:
        again.store.close()


def test_an_unknown_key_has_no_statement(signer: TestSigner) -> None:
    with pytest.raises(CredentialUnknown):
        statement(signer.sam, StatementRequest(new_id()))


def test_the_request_brings_no_word_of_its_own(signer: TestSigner) -> None:
    """An enrolment and a place are all that there is to choose: nothing else is taken."""
    assert set(StatementRequest.__struct_fields__) == {"credential_id", "first"}
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"credential_id":"%s","payload":"x"}' % signer.credential_id.encode(), type=StatementRequest)


def test_the_key_is_for_this_one_thing(signer: TestSigner, token: Token) -> None:
    """It is no signer's, is not counted as one, can only sign, and is the same for every start."""
    sam = signer.sam
    assert Keyring(token, records_exist=True).statement_key_sha256 == sam.keyring.statement_key_sha256
    assert len(STATEMENT_KEY_ID) != len(signer.credential_id)
    assert signers_keys(token) == len(token.signing_keys) - 1
    other = load_der_public_key(sam.store.credential(signer.credential_id).public_key or b"")
    assert isinstance(other, ec.EllipticCurvePublicKey)
    jws = msgspec.json.decode(statement(sam, StatementRequest(signer.credential_id)).statement, type=Jws)
    with pytest.raises(InvalidSignature):
        verify(sam.store.credential(signer.credential_id).public_key or b"", jws)


def test_an_entry_that_was_taken_away_is_not_passed_over(signer: TestSigner) -> None:
    """What the tree has, the database must have."""
    with database(signer.sam) as connection:
        connection.execute("DELETE FROM journal WHERE number = 1")
    with pytest.raises(RecordsTampered):
        statement(signer.sam, StatementRequest(signer.credential_id))
