"""
Renewal, once it is approved: the SAM makes the key, the CA certifies it, and the new key takes the old one's place.

Each part gives the same answer again, so that whoever goes on, and however often, makes one key and one certificate of it.
"""

import logging

from sqlalchemy import Connection

from app.config import Config
from app.domain.account import Event, EventKind, Renewal
from app.domain.identifiers import new_id
from app.domain.parties import Credential
from app.errors import CodeRefused, SamRefused, StatusUnavailable, Unavailable
from app.services import Services
from app.store import credentials, events, renewals
from hsm.messages import CertifyRequest, ErrorCode, RenewalRequest, RenewTransaction

FIRST_PAUSE_S = 30  # so long nobody else goes on with what somebody waits for
LONGEST_PAUSE_S = 3_600
log = logging.getLogger("natsuin.renew")


def is_time_to_renew(config: Config, credential: Credential, now: float) -> bool:
    """Tell whether a key may be renewed: it can sign now, its certificate ends soon, and it has no successor."""
    soon = credential.not_after - now <= config.renew_before_s
    return config.ca_client is not None and credential.renewed_by is None and credential.is_usable(now) and soon


def renewal_of(config: Config, credential: Credential, under_way: set[str], now: float) -> str:
    """Give the one word for what may become of a key: can (be renewed now), under_way, renewed or no; `under_way` are those that are."""
    if credential.renewed_by is not None:
        return "renewed"
    if credential.credential_id in under_way:
        return "under_way"
    return "can" if is_time_to_renew(config, credential, now) else "no"


def under_way_of(connection: Connection, user_id: str) -> set[str]:
    """List the keys of a signer whose successor is on its way."""
    return {one.renews for one in renewals.open_of(connection, user_id)}


def begun(amendment: RenewTransaction, now: float) -> Renewal:
    """Give what is under way once the SAM has recorded the approval."""
    return Renewal(
        credential_id=amendment.new_credential_id,
        user_id=amendment.signer,
        renews=amendment.credential_id,
        key_algorithm=amendment.key_algorithm,
        next_try=int(now) + FIRST_PAUSE_S,
    )


async def go_on_soon(services: Services, credential_id: str) -> None:
    """Go on with a renewal that was just approved; where somebody does not answer, the sweep goes on with it."""
    renewal = await services.database.read(renewals.get, credential_id)
    if renewal is not None and renewal.state == "open":
        await _go_on(services, renewal)


async def go_on_with_due(services: Services, most: int) -> None:
    """Go on with what waits; each pause is twice the one before."""
    for renewal in await services.database.read(renewals.due, services.now(), most):
        pause_s = min(FIRST_PAUSE_S << min(renewal.tries, 10), LONGEST_PAUSE_S)
        await services.database.write(renewals.try_again, renewal, services.now() + pause_s)
        await _go_on(services, renewal)


async def _go_on(services: Services, renewal: Renewal) -> None:
    try:
        await finish(services, renewal)
    except (Unavailable, SamRefused, CodeRefused) as doubt:
        log.warning("%s, which renews %s, waits: %s: %s", renewal.credential_id, renewal.renews, type(doubt).__name__, doubt)


async def finish(services: Services, renewal: Renewal) -> None:
    """
    Go the rest of the way, from wherever it was cut off.

    Raises:
        SamRefused, StatusUnavailable: the old key can't sign the request now: it is frozen, or its certificate does not stand.
        SamUnavailable, CertificateUnavailable, CodeRefused: the same again later.
    """
    old = await services.database.read(credentials.get, renewal.renews)
    assert old is not None
    try:
        made = await services.sam.renewal(RenewalRequest(renewal.credential_id, await services.statuses.of(old)))
        certificates = await services.ca.reenroll(made.csr)
        certified = await services.sam.certify(CertifyRequest(renewal.credential_id, certificates))
        stands = await services.sam.credential(renewal.credential_id)
    except SamRefused as refusal:
        if refusal.code is ErrorCode.STATUS_UNKNOWN:
            raise StatusUnavailable("the CA's word on the certificate is not to be had") from None
        if await _is_gone(services, renewal, old):
            await services.database.write(_record_failure, renewal, int(services.now()))
            return
        raise
    credential = Credential(
        credential_id=renewal.credential_id,
        user_id=renewal.user_id,
        enrollment_id=old.enrollment_id,
        key_algorithm=renewal.key_algorithm,
        certificates=certificates,
        certificate_sha256=certified.certificate_sha256,
        not_before=certified.not_before,
        not_after=certified.not_after,
        factors=certified.factors,
        frozen_until=stands.frozen_until,
        frozen_by=old.frozen_by if stands.frozen_until else None,
        created=int(services.now()),
    )
    await services.database.write(_record, renewal, credential, int(services.now()))


async def _is_gone(services: Services, renewal: Renewal, old: Credential) -> bool:
    """Tell whether there will be no new key: it was forgotten, or the old one was destroyed."""
    states = [(await services.sam.credential(one)).state for one in (renewal.credential_id, old.credential_id)]
    return "destroyed" in states


def _record(connection: Connection, renewal: Renewal, credential: Credential, now: int) -> None:
    if renewals.end(connection, renewal.credential_id, "done"):
        credentials.add(connection, credential)
        credentials.renew(connection, renewal.renews, credential.credential_id)
        events.add(connection, _happened(renewal, now, kind=EventKind.KEY_RENEWED))


def _record_failure(connection: Connection, renewal: Renewal, now: int) -> None:
    if renewals.end(connection, renewal.credential_id, "over"):
        events.add(connection, _happened(renewal, now, kind=EventKind.RENEWAL_FAILED))


def _happened(renewal: Renewal, now: int, kind: EventKind) -> Event:
    return Event(id=new_id(), user_id=renewal.user_id, at=now, kind=kind, credential_id=renewal.credential_id)
