"""The ends: what each test user does about whatever is asked of it, always the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from demo.phone import Account, Phone
from demo.phone.errors import Ended, WrongCode
from demo.phone.phone import Waiting
from demo.phone.watch import Act, approve, decline

NEVER_A_CODE = "none"  # codes are digits, so this is never by chance the right one
End = Literal["approves", "declines", "times-out", "not-me", "wrong-code", "no-device"]


async def open_only(phone: Phone, waiting: Waiting) -> str:
    """Look, and never decide."""
    return (await phone.look(waiting.id)).state


async def refuse_as_not_me(phone: Phone, waiting: Waiting) -> str:
    """Refuse as not expected; the second time within a day that pauses the key, so use it again at once."""
    state = await phone.refuse(waiting.id, "not_me")
    account = Account(phone)
    for key in (await account.look()).keys:
        if key.state == "frozen":
            await account.unfreeze(key.credential_id)
    return state


async def mistype(phone: Phone, waiting: Waiting) -> str:
    """Type three wrong codes; where the application shows none, there is none to mistype, and the time runs out."""
    seen = await phone.look(waiting.id)
    while seen.code_digits:
        try:
            await phone.approve(seen, NEVER_A_CODE)
        except WrongCode:
            continue
        except Ended as ended:
            return ended.state
    return seen.state


@dataclass(frozen=True)
class Told:
    """What an application gets of an end, and what is done for it; None where the phone is never there."""

    act: Act | None
    progress: str
    outcome: str


ENDS: Mapping[End, Told] = {
    "approves": Told(approve, "opened", "a SAD"),
    "declines": Told(decline, "no_device", "access_denied, declined"),
    "times-out": Told(open_only, "opened", "authorization_expired"),
    "not-me": Told(refuse_as_not_me, "no_device", "access_denied, not_me"),
    "wrong-code": Told(mistype, "opened", "access_denied, wrong_code; without --code: authorization_expired"),
    "no-device": Told(None, "no_device", "authorization_expired"),
}
