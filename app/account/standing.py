"""How a key stands: the SAM is asked, and our record follows. It is behind after a crash or a lost reply."""

from typing import Literal

from msgspec import Struct

from app.domain.parties import Credential
from app.errors import SamRefused, SamUnavailable
from app.services import Services
from app.store import credentials
from hsm.messages import CredentialReply


class Standing(Struct, frozen=True):
    """A key as it stands now, and how its certificate does: valid, expired, revoked, suspended, or None where nobody can tell."""

    credential: Credential
    certificate: Literal["valid", "expired", "revoked", "suspended"] | None


async def follow(services: Services, credential_id: str) -> Credential:
    """Bring the record of a key up to what the SAM knows, and give it; raises SamUnavailable."""
    credential = await services.database.read(credentials.get, credential_id)
    assert credential is not None
    try:
        reply = await services.sam.credential(credential_id)
    except SamRefused as refusal:  # its record does not hold
        raise SamUnavailable(f"credential: {refusal.code}") from None
    return await _followed(services, credential, reply)


async def standing(services: Services, credential: Credential) -> Standing:
    """Ask the CA and the SAM how a key and its certificate stand; where they do not answer, say what is known without them."""
    over: Literal["expired"] | None = "expired" if services.now() > credential.not_after else None
    status = await services.statuses.of(credential) if over is None else None
    try:
        reply = await services.sam.credential(credential.credential_id, status)
    except (SamRefused, SamUnavailable):
        return Standing(credential, over)
    return Standing(await _followed(services, credential, reply), over or reply.certificate)


async def _followed(services: Services, credential: Credential, reply: CredentialReply) -> Credential:
    if reply.state == "destroyed" and credential.state != "destroyed":
        await services.database.write(credentials.destroy, credential.credential_id)
    elif reply.frozen_until != credential.frozen_until and not credential.freeze_owed:
        await services.database.write(credentials.follow, credential, reply.frozen_until)
    current = await services.database.read(credentials.get, credential.credential_id)
    assert current is not None
    return current
