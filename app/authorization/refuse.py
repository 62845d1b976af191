"""Step 4, the other way: the signer says no. It goes to the SAM too, so that an approval and a refusal can't both happen."""

from app.authorization.settle import settle
from app.domain.authorization import Authorization, Reason, State
from app.errors import Ended, SamRefused
from app.services import Services
from app.store import authorizations
from hsm.messages import RefuseRequest


async def refuse(services: Services, authorization: Authorization, reason: Reason) -> None:
    """Refuse; raises Ended where it was decided before."""
    if authorization.state is not State.PENDING:
        raise Ended(authorization.state, authorization.reason)
    try:
        await services.sam.refuse(RefuseRequest(authorization.transaction, reason.value))
    except SamRefused:
        settled = await settle(services, authorization)
        raise Ended(settled.state, settled.reason) from None
    await services.database.write(authorizations.move, authorization, State.REFUSED, reason=reason.value, decided_at=int(services.now()))
    await services.wakeups.announce(authorization.id)
