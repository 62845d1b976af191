"""Step 4, the other way: the signer says no. It goes to the SAM too, so that an approval and a refusal can't both happen."""

from app.account.freeze import tell_sam_soon
from app.authorization.announce import announce
from app.authorization.settle import record, settle
from app.domain.authorization import Authorization, Reason, State
from app.errors import Ended, SamRefused
from app.services import Services
from hsm.messages import RefuseRequest


async def refuse(services: Services, authorization: Authorization, reason: Reason, device: str | None = None) -> None:
    """Refuse, on the device of this name; raises Ended where it was decided before."""
    if authorization.state is not State.PENDING:
        raise Ended(authorization.state, authorization.reason)
    try:
        await services.sam.refuse(RefuseRequest(authorization.transaction, reason.value))
    except SamRefused:
        settled = await settle(services, authorization)
        raise Ended(settled.state, settled.reason) from None
    await services.database.write(record, authorization, State.REFUSED, int(services.now()), reason=reason.value, known_by=device)
    await announce(services, authorization)
    if reason is Reason.NOT_ME:
        await tell_sam_soon(services, authorization.credential_id)
