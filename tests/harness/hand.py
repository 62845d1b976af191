"""
A one-time-password token in the hand of a signer at a running stack: set up by the SAM's own messages, showing codes by foreign software.

Codes are made with pyotp; only OCRA has no foreign maker. A TOTP token's clock runs ahead by a step after each code that the SAM has taken,
as far as the SAM follows (20 steps), so that no test waits for the next one.
"""

import base64
import secrets
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pyotp

from app.config import read_config
from demo.passkey import Passkey
from hsm.messages import (
    AmendRequest,
    ImportTokensRequest,
    NewOtp,
    OfferTokenReply,
    OfferTokenRequest,
    SetOtpTransaction,
    challenge,
    ocra_challenge,
    token_id_of,
)
from hsm.messages.ocra import TYPED
from hsm.ocra import answer, parse_suite
from hsm.otp import Kind
from tests.harness.sam import b64, new_id
from tests.harness.stack import Stack

PIN = "739154"
OTHER_PIN = "846205"
PERIOD_S = 30


@dataclass
class Hand:
    """The token and the PIN of one signer."""

    token_id: str
    serial: str
    seed: bytes
    kind: Kind
    records: Path
    suite: str | None = None
    pin: str = PIN

    def code(self, transaction: bytes = b"", ocra: str | None = None, ahead: int = 0) -> str:
        """Show the next code, or one further ahead; an OCRA token answers for a transaction, or a challenge that a page shows."""
        if self.suite is not None:
            return answer(parse_suite(self.suite), self.seed, ocra or ocra_challenge(self.suite, transaction))
        return self._shown(self._next() + ahead)

    def wrong_code(self) -> str:
        """Give a code that the token shows nowhere near now."""
        if self.suite is not None:
            return "00000000"
        near = {self._shown(step) for step in range(max(0, self._next() - 50), self._next() + 50)}
        return next(code for code in (f"{number:06}" for number in range(1_000)) if code not in near)

    def otp(self, transaction: bytes = b"", **changes: Any) -> dict[str, str]:
        """Give what the approval page sends: the right PIN and code; `changes` replace fields."""
        fields = {"token_id": self.token_id, "pin": self.pin}
        return fields | changes | ({} if "code" in changes else {"code": self.code(transaction)})

    def _next(self) -> int:
        """Give the counter or step whose code the SAM will take next: it says how far it has followed."""
        with closing(sqlite3.connect(self.records, timeout=10)) as connection:
            last, drift = connection.execute("SELECT last, drift FROM tokens WHERE token_id = ?", (self.token_id,)).fetchone()
        after = 0 if last is None else last + 1
        return after if self.kind is Kind.HOTP else max(after, int(time.time()) // PERIOD_S + drift)

    def _shown(self, counter: int) -> str:
        return pyotp.HOTP(base64.b32encode(self.seed).decode()).at(counter)


def give_token(stack: Stack, person: Any, enrollment_id: str, kind: Kind = Kind.TOTP, suite: str = TYPED, pin: str = PIN) -> Hand:
    """
    Make a token the signer's, with a PIN: for an authenticator app, or one of a maker's that the operator takes in.

    `person` has a `passkey`, a `user_id` and a `credential_id`.
    """
    with _door(read_config(stack.environment).sam) as sam:
        hand = _offered(stack, sam, person.credential_id) if kind is Kind.TOTP else _delivered(stack, kind, suite)
        hand.pin = pin
        now = int(time.time())
        transaction = SetOtpTransaction(
            version=1,
            id=new_id(),
            nonce=b64(secrets.token_bytes(32)),
            signer=person.user_id,
            created=now,
            expires=now + 600,
            enrollment_id=enrollment_id,
            token_id=hand.token_id,
        )
        raw = transaction.encode()
        _call(sam, "amend", AmendRequest(raw, _assertion(stack, person.passkey, raw), otp=NewOtp(hand.pin, hand.code(raw))))
    return hand


def offer_token(stack: Stack, credential_id: str) -> str:
    """Have a token made for the signer's app that nobody confirms; gives its id."""
    with _door(read_config(stack.environment).sam) as sam:
        return _offered(stack, sam, credential_id).token_id


def _offered(stack: Stack, sam: httpx2.Client, credential_id: str) -> Hand:
    reply = msgspec.json.decode(_call(sam, "offer_token", OfferTokenRequest(credential_id)), type=OfferTokenReply)
    return Hand(reply.token_id, reply.token_id, reply.seed, Kind.TOTP, _records(stack))


def _delivered(stack: Stack, kind: Kind, suite: str) -> Hand:
    serial, seed = f"SN-{secrets.token_hex(4)}", secrets.token_bytes(20)
    how = f"ocra,{suite},8," if kind is Kind.OCRA else f"{kind},sha1,6,"
    file = f"serial,seed,kind,algorithm,digits,period\n{serial},hex:{seed.hex()},{how}\n"
    with _door(read_config(stack.environment).sam_operator) as operator:
        _call(operator, "import_tokens", ImportTokensRequest("csv", file.encode()))
    return Hand(token_id_of(serial), serial, seed, kind, _records(stack), suite if kind is Kind.OCRA else None)


def _records(stack: Stack) -> Path:
    return stack.data / "sam" / "sam.db"


def _assertion(stack: Stack, passkey: Passkey, raw: bytes) -> dict[str, Any]:
    options = {
        "challenge": b64(challenge(SetOtpTransaction, raw)),
        "rpId": "localhost",
        "allowCredentials": [{"type": "public-key", "id": b64(passkey.credential_id)}],
        "userVerification": "required",
    }
    return passkey.get(options, stack.origin)


def _door(address: str) -> httpx2.Client:
    return httpx2.Client(base_url="http://sam", timeout=30, transport=httpx2.HTTPTransport(uds=address.removeprefix("unix:")))


def _call(door: httpx2.Client, operation: str, request: msgspec.Struct) -> bytes:
    reply = door.post(f"/v1/{operation}", content=msgspec.json.encode(request))
    assert reply.status_code == 200, reply.text
    return reply.content
