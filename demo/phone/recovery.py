"""
Recovery codes on the phone: made here, so that no server knows one before it is used; and a new phone that has nothing but a code.

What is approved are hashes, and they are seen to be those of the codes that were made.
"""

import hashlib
from typing import Any, ClassVar
from urllib.parse import quote

import msgspec

from demo.ca.code import new_code, read_code
from demo.ca.errors import CodeMistyped as MistypedAtTheCa
from demo.passkey import FLAWLESS, Defects
from demo.phone.account import Account
from demo.phone.amendment import Common
from demo.phone.errors import CodeMistyped, TransactionRefused
from demo.phone.phone import Options, Phone
from demo.phone.transaction import check_challenge, compute_challenge, decode_canonical, read_canonical

CODE_DOMAIN = b"natsuin/v1/recovery-code\x00"


class SetRecovery(Common, frozen=True, tag="set_recovery"):
    """Other recovery codes, by their hashes."""

    domain: ClassVar[bytes] = b"natsuin/v1/set-recovery\x00"

    codes: list[str]


class Recover(Common, frozen=True, tag="recover"):
    """What a passkey answers that is made with a recovery code."""

    domain: ClassVar[bytes] = b"natsuin/v1/recover\x00"

    code_sha256: str


class Waiting(msgspec.Struct, frozen=True):
    """A device that was begun with a recovery code; `until` is when it may approve, unix seconds."""

    id: str
    state: str
    name: str
    until: int


class Codes(msgspec.Struct, frozen=True):
    """How many codes are left, and what was begun with others."""

    enrollment_id: str
    number: int
    left: int
    waiting: list[Waiting]


class _Offer(msgspec.Struct):
    state: str
    transaction: str | None
    public_key: Options | None = msgspec.field(name="publicKey")


def hash_of(code: str) -> str:
    """Give what a code is known by."""
    return hashlib.sha256(CODE_DOMAIN + read_code(code).encode()).hexdigest()


async def look(phone: Phone) -> Codes:
    """See how many codes are left, and which devices wait."""
    return await phone.server.get("/account/recovery", Codes)


async def make_codes(phone: Phone, *, defects: Defects = FLAWLESS) -> list[str]:
    """
    Make new codes, and have them take the place of the old ones.

    Raises:
        TransactionRefused: the server would have other hashes approved.
    """
    seen = await look(phone)
    codes = [new_code() for _ in range(seen.number)]
    hashes = [hash_of(code) for code in codes]

    def is_it(asked: SetRecovery) -> bool:
        return (asked.enrollment_id, asked.codes) == (seen.enrollment_id, hashes)

    await Account(phone).change("set_recovery", " ".join([seen.enrollment_id, *hashes]), SetRecovery, is_it, defects)
    return codes


async def stop(phone: Phone, recovery_id: str) -> Waiting:
    """Stop what was begun with a code; it needs no passkey."""
    return await phone.server.post(f"/account/recovery/{quote(recovery_id)}/stop", {}, Waiting)


async def recover(phone: Phone, code: str, name: str | None = None, *, defects: Defects = FLAWLESS) -> Waiting:
    """
    Make the passkey of a new phone with a code; once its time is over, signing in ends it.

    Raises:
        CodeMistyped: nothing was sent.
        TransactionRefused: the passkey would answer something else than that it is made with this code.
    """
    try:
        letters = read_code(code)
    except MistypedAtTheCa:
        raise CodeMistyped("this is not a recovery code: please look at the paper again") from None
    offer = await phone.server.post("/recover/options", {"code": letters}, _Offer)
    if offer.public_key is None or offer.transaction is None:
        raise TransactionRefused(f"the code was used before; what was begun with it is {offer.state}")
    canonical = decode_canonical(offer.transaction)
    if read_canonical(canonical, Recover).code_sha256 != hash_of(letters):
        raise TransactionRefused("the passkey would be made with another code")
    check_challenge(compute_challenge(canonical, Recover.domain), offer.public_key)
    answer = phone.passkey.create(offer.public_key, phone.origin, defects=defects)
    body: dict[str, Any] = {"code": letters, "credential": answer} | ({"name": name} if name else {})
    return await phone.server.post("/recover", body, Waiting)
