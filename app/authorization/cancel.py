"""An application takes back what it asked, while nobody has decided; the SAM is told too, so that an approval can't come after it."""

from app.authorization.announce import announce
from app.authorization.settle import record, settle
from app.domain.authorization import Authorization, State
from app.errors import Ended, HandleUnknown, SamRefused
from app.services import Services
from app.store import authorizations
from hsm.messages import RefuseRequest


async def cancel(services: Services, application_id: str, handle: str) -> None:
    """
    Withdraw a request; nothing happens where it was withdrawn before.

    Raises:
        HandleUnknown: no such handle, or another application's.
        Ended: it was decided before, or its time is over; an approval stands, and lapses where nobody uses it.
        SamUnavailable: whether it is withdrawn is not known; asking again will tell.
    """
    authorization = await services.database.read(authorizations.of_application, handle, application_id)
    if authorization is None:
        raise HandleUnknown
    if authorization.state is State.PENDING:
        authorization = await _withdraw(services, authorization)
    if authorization.state is not State.CANCELLED:
        raise Ended(authorization.state, authorization.reason)


async def _withdraw(services: Services, authorization: Authorization) -> Authorization:
    try:
        await services.sam.refuse(RefuseRequest(authorization.transaction, "cancelled"))
    except SamRefused:  # decided at this very moment
        return await settle(services, authorization)
    moved = await services.database.write(record, authorization, State.CANCELLED, int(services.now()))
    if not moved:
        return await settle(services, authorization)
    await announce(services, authorization)
    current = await services.database.read(authorizations.get, authorization.id)
    assert current is not None
    return current
