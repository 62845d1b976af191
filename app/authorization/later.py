"""Step 4, put off: what may wait for days stays in the inbox, and its notification gives way to a quiet one; nothing is decided."""

from app.authorization.announce import announce
from app.domain.authorization import Authorization, State
from app.errors import BadParameter, Ended
from app.services import Services
from app.store import authorizations


async def put_off(services: Services, authorization: Authorization) -> None:
    """
    Put a request off.

    Raises:
        Ended: it was decided before, or its time is over.
        BadParameter: it is one that waits for minutes only.
    """
    if authorization.state is not State.PENDING or authorization.is_over(services.now()):
        raise Ended(authorization.state, authorization.reason)
    if not authorization.is_lasting:
        raise BadParameter("Invalid parameter later")
    await services.database.write(authorizations.put_off, authorization.id, services.now())
    await announce(services, authorization)
