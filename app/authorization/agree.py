"""A signer agrees that an application may see the certificates and ask, or ends that; it grants no signature, so it needs no passkey."""

from sqlalchemy import Connection

from app.authorization.refuse import refuse
from app.domain.agreement import Agreement
from app.domain.authorization import Authorization, Reason
from app.errors import Ended, SubjectUnknown
from app.services import Services
from app.store import agreements, authorizations, grants


async def agree(services: Services, user_id: str, application_id: str, device: str) -> None:
    """Agree; raises SubjectUnknown where there is no such application."""
    await agreement_with(services, user_id, application_id)
    await services.database.write(agreements.record, user_id, application_id, "agreed", "signer", services.now(), device)


async def end(services: Services, user_id: str, application_id: str, device: str) -> None:
    """
    End it: the application sees nothing any more, what it was granted over OAuth is over, and what it asks just now is declined.

    Raises:
        SubjectUnknown: there is no such application.
    """
    await agreement_with(services, user_id, application_id)
    await services.database.write(_end, user_id, application_id, services.now(), device)
    for waiting in await services.database.read(authorizations.waiting_for, user_id, services.now()):
        if waiting.application_id == application_id:
            await _decline(services, waiting, device)


def _end(connection: Connection, user_id: str, application_id: str, now: float, device: str) -> None:
    agreements.record(connection, user_id, application_id, "ended", "signer", now, device)
    grants.end_of(connection, application_id, user_id)


async def agreement_with(services: Services, user_id: str, application_id: str) -> Agreement:
    """Give how an application stands with a signer; raises SubjectUnknown where there is no such application."""
    found = await services.database.read(agreements.one, user_id, application_id)
    if found is None:
        raise SubjectUnknown
    return found


async def _decline(services: Services, authorization: Authorization, device: str | None) -> None:
    try:
        await refuse(services, authorization, Reason.DECLINED, device)
    except Ended:  # decided at this very moment
        return
