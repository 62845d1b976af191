"""Step 6: the application asks whether the signer has decided, may wait for it, and collects the SAD."""

from app.authorization.settle import settle
from app.domain.authorization import Authorization, State
from app.errors import Ended, HandleUnknown, SamRefused, SamUnavailable
from app.services import Services
from app.store import authorizations
from hsm.messages import CollectReply, CollectRequest


async def collect(services: Services, application_id: str, handle: str, wait_s: float) -> CollectReply | Authorization:
    """
    Give the SAD of an approved authorization, or the authorization while the signer has not decided, after waiting for up to `wait_s`.

    Raises:
        HandleUnknown: no such handle, or another application's.
        Ended: there will be no SAD, or it was used.
        SamUnavailable: it is being used at this moment, or the SAM does not answer.
    """
    authorization = await decided(services, application_id, handle, wait_s)
    if authorization.state is State.PENDING or authorization.is_over(services.now()):
        authorization = await settle(services, authorization)  # our record may be behind
    if authorization.state is State.PENDING:
        return authorization
    if authorization.state is not State.APPROVED:
        raise Ended(authorization.state, authorization.reason)
    try:
        return await services.sam.collect(CollectRequest(authorization.id, application_id))
    except SamRefused:  # used or over since we looked
        settled = await settle(services, authorization)
        if settled.state is State.APPROVED:
            raise SamUnavailable("the approval is being used") from None
        raise Ended(settled.state, settled.reason) from None


async def decided(services: Services, application_id: str, handle: str, wait_s: float) -> Authorization:
    """Give the authorization once it is no longer pending, or as it is after `wait_s` or at its end."""
    deadline = services.now() + wait_s
    with services.wakeups.watching(handle) as watch:
        while True:
            authorization = await services.database.read(authorizations.of_application, handle, application_id)
            if authorization is None:
                raise HandleUnknown
            left_s = min(deadline, authorization.expires) - services.now()
            if authorization.state is not State.PENDING or left_s <= 0:
                return authorization
            await watch.wait(left_s)
