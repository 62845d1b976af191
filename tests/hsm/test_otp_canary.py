"""PINs, codes and seeds are nowhere: not in the journal, the records, the log, an answer, an exception or a `repr`."""

import base64
import logging
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from hsm.errors import Refused
from hsm.factors import approve
from hsm.messages import ImportTokensRequest, NewOtp, OfferTokenReply, Otp, SuccessiveCodes, token_id_of
from hsm.operator_tokens import import_tokens
from hsm.otp import Kind, OtpToken
from hsm.server import OPERATIONS, OPERATOR_OPERATIONS, Operation, _run
from tests.harness.otp import Authenticator
from tests.harness.records import database
from tests.harness.sam import TestSigner

SEED = bytes(range(200, 220))
PINS = ("918273645546", "564738291019")
PASSPHRASE = "a passphrase of the maker"
BY_NAME = {operation.name: operation for operation in (*OPERATIONS, *OPERATOR_OPERATIONS)}


def forms(secret: str | bytes) -> Iterator[str]:
    """Give every form in which a secret might turn up."""
    raw = secret.encode() if isinstance(secret, str) else secret
    yield from (raw.hex(), base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode().rstrip("="), repr(raw))
    if isinstance(secret, str):
        yield secret


def require_nowhere(secrets: dict[str, str | bytes], text: str) -> None:
    for name, secret in secrets.items():
        for form in forms(secret):
            assert form.lower() not in text.lower(), name


def everything(sam_database: Path) -> str:
    """All that the database's files hold, as bytes and as hex."""
    held = b"".join(path.read_bytes() for path in sam_database.parent.glob("sam.db*"))
    return held.decode("latin-1") + held.hex()


def test_secrets_are_nowhere(held: Authenticator, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """After right ones and wrong ones of every kind, at both doors."""
    signer, sam = held.signer, held.signer.sam
    secrets: dict[str, str | bytes] = {"seed": SEED, "right PIN": PINS[0], "wrong PIN": PINS[1], "passphrase": PASSPHRASE}
    secrets["offered seed"] = held.seed
    said = [_text(run(signer, "import_tokens", ImportTokensRequest("csv", f"serial,{SEED.hex()}".encode())))]
    said.append(_text(run(signer, "import_tokens", ImportTokensRequest("pskc", b"<x>" + SEED.hex().encode(), passphrase=PASSPHRASE))))
    csv = f"serial,seed,kind,algorithm,digits,period\nS-1,hex:{SEED.hex()},ocra,OCRA-1:HOTP-SHA256-8:QH64,8,\n"
    import_tokens(sam, ImportTokensRequest("csv", csv.encode()))
    stand = OtpToken(Kind.OCRA, "sha256", 8, suite="OCRA-1:HOTP-SHA256-8:QH64")
    card = Authenticator(signer, token_id_of("S-1"), SEED, stand, pin=PINS[0])
    codes: list[str] = []
    composed = card.setting()
    codes.append(card.code(composed.encode()))
    for pin, code in ((PINS[1], "01234567"), ("hunter2hunter2", codes[0]), (PINS[0], codes[0])):
        said.append(_text(run(signer, "amend", card.amendment(composed, NewOtp(pin, code)))))
    said.append(_text(run(signer, "amend", card.amendment(card.resynchronising(), codes=SuccessiveCodes("13572468", "24681357")))))
    for pin in (*PINS, "hunter2hunter2"):
        transaction = signer.transaction()
        codes.append(card.code(transaction.encode()))
        for code in (codes[-1], "86421357"):
            said.append(_text(run(signer, "approve", card.approval(transaction, pin=pin, code=code))))
    secrets |= {f"code {number}": code for number, code in enumerate(codes)}
    secrets |= {"wrong code": "86421357", "wrong first code": "01234567", "astray": "13572468", "bad PIN": "hunter2"}

    assert any("usable_until" in text for text in said)
    with database(sam) as connection:
        journal = "\n".join(entry.decode() for (entry,) in connection.execute("SELECT entry FROM journal"))
    assert journal.count('"event":"denied"') >= 8
    for text in (*said, journal, caplog.text, everything(tmp_path / "sam.db")):
        require_nowhere(secrets, text)


def run(signer: TestSigner, name: str, message: msgspec.Struct) -> bytes:
    """Run an operation as its door does, with what it journals and logs."""
    operation: Operation = BY_NAME[name]
    with_log = logging.getLogger("natsuin.sam")
    with_log.setLevel(logging.DEBUG)
    return bytes(_run(signer.sam, operation, message).body)


def _text(answer: bytes) -> str:
    return answer.decode()


def test_no_refusal_says_what_was_typed(held: Authenticator) -> None:
    """The text of an exception is for the journal."""
    for changes in ({"pin": PINS[1]}, {"code": "864213"}, {"pin": PINS[1], "code": "864213"}, {"pin": "x" * 64, "code": "y" * 16}):
        with pytest.raises(Refused) as refused:
            approve(held.signer.sam, held.approval(held.signer.transaction(), **changes))
        chain: list[BaseException] = [refused.value]
        while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None:
            chain.append(cause)
        for error in chain:
            require_nowhere(dict(changes), str(error))


@pytest.mark.parametrize(
    "message",
    [
        Otp("AAAAAAAAAAAAAAAAAAAAAA", PINS[0], "86421357"),
        NewOtp(PINS[0], "86421357"),
        SuccessiveCodes("86421357", "86421357"),
        OfferTokenReply("AAAAAAAAAAAAAAAAAAAAAA", SEED, "sha1", 6, 30),
        ImportTokensRequest("pskc", SEED, SEED, PASSPHRASE),
    ],
    ids=lambda message: type(message).__name__,
)
def test_no_message_shows_its_secret(message: msgspec.Struct) -> None:
    """Not even where somebody prints it, alone or in a request."""
    secrets: dict[str, str | bytes] = {"seed": SEED, "PIN": PINS[0], "code": "86421357", "passphrase": PASSPHRASE}
    require_nowhere(secrets, repr(message) + repr([message]) + str(message))
