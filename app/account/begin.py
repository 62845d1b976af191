"""Adding a device, first step: a device that is registered gives out a one-time link, for ten minutes."""

from app.domain.account import Addition
from app.domain.identifiers import new_id, secret_sha256
from app.domain.parties import Passkey
from app.errors import SubjectUnknown
from app.services import Services
from app.store import additions

LINK_LIFE_S = 600


async def begin(services: Services, device: Passkey) -> tuple[Addition, str]:
    """Give an addition and the secret of its link; an earlier one of the same enrolment ends. It grants nothing."""
    secret, now = new_id(), int(services.now())
    addition = Addition(
        id=new_id(),
        link_sha256=secret_sha256(secret),
        user_id=device.user_id,
        enrollment_id=device.enrollment_id,
        created=now,
        expires=now + LINK_LIFE_S,
    )
    await services.database.write(additions.begin, addition)
    return addition, secret


async def addition_of(services: Services, user_id: str, addition_id: str) -> Addition:
    """Give an addition to the signer whose it is; raises SubjectUnknown."""
    addition = await services.database.read(additions.of_signer, addition_id, user_id)
    if addition is None:
        raise SubjectUnknown
    return addition


async def refuse(services: Services, addition: Addition) -> Addition:
    """End an addition that was not approved; where it was decided before, that stands. Gives it as it is now."""
    await services.database.write(additions.refuse, addition)
    return await addition_of(services, addition.user_id, addition.id)
