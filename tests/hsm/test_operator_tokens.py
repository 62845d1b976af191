"""Tokens that a maker delivered: taken in by the operator, all of a file or none, each serial number once."""

import hashlib

import pytest

from hsm.errors import EvidenceRefused, Malformed, SeedsRefused
from hsm.messages import ImportTokensRequest, ListTokensRequest, TokenInfo, token_id_of
from hsm.operator_tokens import import_tokens, list_tokens
from hsm.otp import Kind
from hsm.sam import Sam
from tests.harness.otp import Authenticator, delivered
from tests.harness.pskc import PRE_SHARED, Vendor, container, package, passphrase_key, plain
from tests.harness.records import database, journal_entries
from tests.harness.sam import TestSigner

SEED = bytes(range(20))
HEAD = "serial,seed,kind,algorithm,digits,period\n"


def csv(*serials: str) -> bytes:
    return (HEAD + "".join(f"{serial},hex:{SEED.hex()},totp,sha1,6,30\n" for serial in serials)).encode()


def all_tokens(sam: Sam) -> tuple[TokenInfo, ...]:
    return list_tokens(sam, ListTokensRequest()).tokens


@pytest.mark.parametrize("kind", ["csv", "plain", "key", "passphrase"])
def test_a_file_is_taken_in(sam: Sam, kind: str) -> None:
    """CSV, and PSKC in the three ways that makers encrypt it or not."""
    vendor = Vendor(bytes(range(16)))
    derived, described = passphrase_key("a good passphrase")
    request = {
        "csv": ImportTokensRequest("csv", csv("S-1")),
        "plain": ImportTokensRequest("pskc", container(package(plain(SEED))).encode()),
        "key": ImportTokensRequest(
            "pskc", container(PRE_SHARED, vendor.mac_method(), package(vendor.secret(SEED))).encode(), key=vendor.key
        ),
        "passphrase": ImportTokensRequest(
            "pskc",
            container(described, Vendor(derived).mac_method(), package(Vendor(derived).secret(SEED))).encode(),
            passphrase="a good passphrase",
        ),
    }[kind]
    assert import_tokens(sam, request).imported == 1
    (token,) = all_tokens(sam)
    assert (token.serial, token.state, token.enrollment_id, token.kind) == ("S-1", "free", None, "totp")
    (entry,) = journal_entries(sam, "tokens")
    assert (entry["event"], entry["number"]) == ("imported", 1)
    assert entry["file_sha256"] == hashlib.sha256(request.file).hexdigest()


def test_a_token_is_named_by_its_serial_number(signer: TestSigner) -> None:
    """So that who has it in his hand can say which it is, with what is printed on it."""
    held = delivered(signer, Kind.TOTP)
    (token,) = all_tokens(signer.sam)
    assert token.token_id == token_id_of(token.serial) == held.token_id


def test_a_serial_number_is_taken_in_once(sam: Sam) -> None:
    """Ever: not where its token was removed, nor where its row was taken away. The sentences say where in the file, not what."""
    import_tokens(sam, ImportTokensRequest("csv", csv("A", "B")))
    for _ in range(2):
        with pytest.raises(SeedsRefused) as refused:
            import_tokens(sam, ImportTokensRequest("csv", csv("C", "B", "A")))
        assert refused.value.problems == ("token 2: taken in before", "token 3: taken in before")
        with database(sam) as connection:
            connection.execute("DELETE FROM tokens WHERE serial = 'A'")
    assert {token.serial for token in all_tokens(sam)} == {"B"}


def test_a_file_with_one_fault_is_not_taken_in_at_all(sam: Sam) -> None:
    with pytest.raises(SeedsRefused, match="line 3"):
        import_tokens(sam, ImportTokensRequest("csv", csv("A") + b"B,hex:00,totp,sha1,6,30\n"))
    with pytest.raises(Malformed):
        import_tokens(sam, ImportTokensRequest("csv", csv("A"), passphrase="x"))
    with pytest.raises(SeedsRefused):
        import_tokens(sam, ImportTokensRequest("pskc", csv("A")))
    assert all_tokens(sam) == ()
    assert journal_entries(sam, "tokens") == []


def test_seeds_are_not_in_the_records(sam: Sam) -> None:
    import_tokens(sam, ImportTokensRequest("csv", csv("A")))
    with database(sam) as connection:
        assert SEED.hex() not in "\n".join(connection.iterdump()).lower()


def test_a_long_list_comes_in_parts(sam: Sam) -> None:
    """Each token once, in order, without an end that is not one."""
    import_tokens(sam, ImportTokensRequest("csv", csv(*(f"S{number}" for number in range(1_001)))))
    first = list_tokens(sam, ListTokensRequest())
    rest = list_tokens(sam, ListTokensRequest(first.tokens[-1].token_id))
    assert (len(first.tokens), first.more, len(rest.tokens), rest.more) == (1_000, True, 1, False)
    ids = [token.token_id for token in (*first.tokens, *rest.tokens)]
    assert ids == sorted(set(ids))


def test_a_token_whose_row_was_changed_is_not_told_of(held: Authenticator) -> None:
    with database(held.signer.sam) as connection:
        connection.execute("UPDATE tokens SET state = 'free'")
    with pytest.raises(EvidenceRefused, match="a row of tokens"):
        all_tokens(held.signer.sam)
