"""An application takes back what it asked, while nobody has decided; the SAM is told too, so that an approval can't come after it."""

from app.authorization.withdraw import withdraw
from app.domain.authorization import State
from app.errors import Ended, HandleUnknown
from app.services import Services
from app.store import authorizations


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
        await withdraw(services, authorization)
        authorization = await services.database.read(authorizations.get, handle) or authorization
    if authorization.state is not State.CANCELLED:
        raise Ended(authorization.state, authorization.reason)
