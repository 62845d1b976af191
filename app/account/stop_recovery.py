"""
Stopping a recovery: whoever is signed in for the signer may, and the operator. It grants nothing, so it needs no passkey.

It is recorded before the SAM is told, so that it is not forgotten where the SAM does not answer; `app.account.settle` tells it then.
"""

from app.account.recover import follow, record
from app.domain.recovery import Recovery
from app.errors import SamRefused, SubjectUnknown
from app.services import Services
from app.store import recoveries
from hsm.messages import StopRecoveryRequest


async def stop(services: Services, user_id: str, recovery_id: str, by_device: str) -> Recovery:
    """
    Stop what was begun in this signer's name, and give it as it is then; where it has ended before, that stands.

    Raises:
        SubjectUnknown: there is no such thing, or it is another signer's.
        SamUnavailable: recorded, but the SAM has not confirmed it yet; it is told again until it does.
    """
    recovery = await services.database.read(recoveries.of_signer, recovery_id, user_id)
    if recovery is None or recovery.state == "unused":
        raise SubjectUnknown
    await services.database.write(recoveries.owe_stop, recovery, by_device)
    return await tell_sam(services, recovery)


async def tell_sam(services: Services, recovery: Recovery) -> Recovery:
    """Have the SAM stop what is to be stopped, and give it as it is then; raises SamUnavailable."""
    current = await services.database.read(recoveries.by_code, recovery.code_sha256)
    assert current is not None
    if current.state != "stopping":
        return current
    assert current.id is not None
    try:
        reply = await services.sam.stop_recovery(StopRecoveryRequest(current.id, "signer"))
    except SamRefused:  # it is through, or has not come there yet
        return await follow(services, current)
    return await services.database.write(record, current, reply, int(services.now()))
