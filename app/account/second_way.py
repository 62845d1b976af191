"""
The second way to approve, for whoever loses the first: whether there is one, and whether the signer has put the choice off.

The choice belongs to the end of enrolment; the start page asks again until it is made or put off.
"""

import asyncio
from contextlib import suppress

from msgspec import Struct
from sqlalchemy.exc import IntegrityError

from app.account.otp import otp_standing
from app.domain.parties import Passkey
from app.errors import Unavailable
from app.services import Services
from app.store import parties, recoveries, second_ways

PATIENCE_S = 2  # for a SAM that hangs, where the page only reminds


class SecondWays(Struct, frozen=True):
    """What there is beside the first device; `otp` is None where the key's policy does not allow it, or the SAM does not answer."""

    devices: int
    otp: bool | None
    codes: int

    @property
    def is_there(self) -> bool:
        return self.devices > 1 or bool(self.otp) or self.codes > 0


async def second_ways_of(services: Services, device: Passkey) -> SecondWays:
    """Look which ways there are for the enrolment of this device."""
    devices = await services.database.read(parties.passkeys_for, device.enrollment_id)
    try:
        standing = await otp_standing(services, device)
    except Unavailable:  # the other ways can be chosen all the same
        standing = None
    codes = await services.database.read(recoveries.unused, device.enrollment_id)
    return SecondWays(len(devices), standing.is_set_up if standing is not None else None, len(codes))


async def is_second_way_open(services: Services, device: Passkey) -> bool:
    """Tell whether the signer is still to be asked; not while the SAM does not say what there is."""
    if await is_put_off(services, device) or len(await services.database.read(parties.passkeys_for, device.enrollment_id)) > 1:
        return False
    if await services.database.read(recoveries.unused, device.enrollment_id):
        return False
    try:
        async with asyncio.timeout(PATIENCE_S):
            standing = await otp_standing(services, device)
    except (Unavailable, TimeoutError):
        return False
    return standing is None or not standing.is_set_up


async def is_put_off(services: Services, device: Passkey) -> bool:
    """Tell whether the signer has answered the question."""
    return await services.database.read(second_ways.is_put_off, device.enrollment_id)


async def put_off(services: Services, device: Passkey) -> None:
    """Remember that the signer has answered, and is not to be asked again on the start page."""
    with suppress(IntegrityError):  # it is put off already
        await services.database.write(second_ways.put_off, device.enrollment_id, int(services.now()))
