"""
The second way to approve, for whoever loses the first: whether there is one, and whether the signer has put the choice off.

The choice belongs to the end of enrolment; the start page asks again until it is made or put off.
"""

from contextlib import suppress

from msgspec import Struct
from sqlalchemy.exc import IntegrityError

from app.account.otp import otp_standing
from app.domain.parties import Passkey
from app.errors import Unavailable
from app.services import Services
from app.store import parties, second_ways


class SecondWays(Struct, frozen=True):
    """What there is beside the first device; `otp` is None where the key's policy does not allow it, or the SAM does not answer."""

    devices: int
    otp: bool | None
    put_off: bool

    @property
    def is_there(self) -> bool:
        return self.devices > 1 or bool(self.otp)

    @property
    def is_open(self) -> bool:
        """The signer is still to be asked."""
        return not self.put_off and not self.is_there


async def second_ways_of(services: Services, device: Passkey) -> SecondWays:
    """Look which ways there are for the enrolment of this device."""
    devices = await services.database.read(parties.passkeys_for, device.enrollment_id)
    put_off = await services.database.read(second_ways.is_put_off, device.enrollment_id)
    try:
        standing = await otp_standing(services, device)
    except Unavailable:  # a page that only reminds goes on without the SAM
        standing = None
    return SecondWays(len(devices), standing.is_set_up if standing is not None else None, put_off)


async def put_off(services: Services, device: Passkey) -> None:
    """Remember that the signer has answered, and is not to be asked again on the start page."""
    with suppress(IntegrityError):  # it is put off already
        await services.database.write(second_ways.put_off, device.enrollment_id, int(services.now()))
