"""How a key stands: the SAM is asked, and our record follows. It is behind after a crash or a lost reply."""

from app.domain.parties import Credential
from app.errors import SamRefused, SamUnavailable
from app.services import Services
from app.store import credentials


async def follow(services: Services, credential_id: str) -> Credential:
    """Bring the record of a key up to what the SAM knows, and give it; raises SamUnavailable."""
    credential = await services.database.read(credentials.get, credential_id)
    assert credential is not None
    try:
        reply = await services.sam.credential(credential_id)
    except SamRefused as refusal:  # its record does not hold
        raise SamUnavailable(f"credential: {refusal.code}") from None
    if reply.state == "destroyed" and credential.state != "destroyed":
        await services.database.write(credentials.destroy, credential_id)
    elif reply.frozen_until != credential.frozen_until and not credential.freeze_owed:
        await services.database.write(credentials.follow, credential, reply.frozen_until)
    current = await services.database.read(credentials.get, credential_id)
    assert current is not None
    return current
