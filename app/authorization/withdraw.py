"""An open request ends because nobody can use what would come of it: its application took it back, went away, or hung up."""

from app.authorization.announce import announce
from app.authorization.settle import record, settle
from app.domain.authorization import Authorization, State
from app.errors import SamRefused
from app.services import Services
from hsm.messages import RefuseRequest


async def withdraw(services: Services, authorization: Authorization) -> None:
    """
    End a request that waits as withdrawn, at the SAM first, so that an approval can't come after it; where it was decided, that stands.

    Raises:
        SamUnavailable: whether it is withdrawn is not known; doing it again will tell.
    """
    try:
        await services.sam.refuse(RefuseRequest(authorization.transaction, "cancelled"))
    except SamRefused:  # decided at this very moment, or withdrawn by another worker
        await settle(services, authorization)
        return
    if await services.database.write(record, authorization, State.CANCELLED, int(services.now())):
        await announce(services, authorization)
    else:
        await settle(services, authorization)
