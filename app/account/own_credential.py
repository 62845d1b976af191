"""A key that is the signer's own: one answer for unknown and for somebody else's."""

from app.domain.parties import Credential
from app.errors import SubjectUnknown
from app.services import Services
from app.store import credentials


async def own_credential(services: Services, user_id: str, credential_id: str) -> Credential:
    """Give a key to its signer; raises SubjectUnknown."""
    credential = await services.database.read(credentials.get, credential_id)
    if credential is None or credential.user_id != user_id:
        raise SubjectUnknown
    return credential
