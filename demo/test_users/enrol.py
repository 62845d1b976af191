"""Makes the test users, once, at the server that a setting names, and gives their phones."""

from collections.abc import Mapping
from pathlib import Path

import aiohttp

from demo.passkey import Passkey
from demo.phone import Phone
from demo.run.command import run_natsuin
from demo.run.errors import DemoFailed
from demo.run.places import Places
from demo.test_users.ends import ENDS, End

SETTING = "DEMO_TEST_USERS"


def require_wanted(origin: str, environment: Mapping[str, str]) -> None:
    """
    Refuse to make signers that anybody's request is approved by, unless the setting names this very server.

    Raises:
        DemoFailed: it names none, or another one.
    """
    named = environment.get(SETTING, "")
    if named != origin:
        other = f"names {named}" if named else "is not set"
        raise DemoFailed(
            f"There are no test users at {origin}: {SETTING} {other}. One of them approves whatever is asked of it. "
            f"Where that is wanted, set {SETTING}={origin}; never where real people sign."
        )


def user_id_of(end: End) -> str:
    return f"test-{end}"


async def phone_of(end: End, places: Places, http: aiohttp.ClientSession) -> Phone:
    """
    Give a test user's phone, signed in; the first time, have the operator invite it, and enrol.

    Raises:
        DemoFailed, PhoneError, PasskeyError: it could not be; the text says what to do.
    """
    file = places.data / "demo" / "test-users" / f"{user_id_of(end)}.json"
    if file.exists():
        phone = Phone(places.origin, Passkey.load(file), http)
        await phone.sign_in()
        return phone
    return await _enrolled(end, file, places, http)


async def _enrolled(end: End, file: Path, places: Places, http: aiohttp.ClientSession) -> Phone:
    assert end in ENDS
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    invited = await run_natsuin(places.natsuin, "signer", "add", user_id_of(end), "--name", f"Test User, {end}")
    phone = Phone(places.origin, Passkey(file), http)
    await phone.enroll(str(invited["enrollment_url"]))
    return phone
