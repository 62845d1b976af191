"""
What a token reaches: of its application's requests and credentials those of the signer who granted it, or of all who agreed to the
application.

Whatever is beyond that gets the answer for what is not there.
"""

from app.domain.parties import Credential
from app.errors import BadParameter, CredentialUnknown, HandleUnknown
from app.oauth.bearer import Caller
from app.oauth.credential_token import require_credential
from app.services import Services
from app.store import agreements, authorizations


def signer_of(caller: Caller, named: str | None) -> str | None:
    """Give the signer of a call: whom the application names, or who granted the token; raises BadParameter where both are there."""
    if caller.user_id is not None and named is not None:
        raise BadParameter("userID parameter MUST be null")
    return caller.user_id or named


async def credential_of(services: Services, caller: Caller, credential_id: str) -> Credential:
    """Give a credential whose signer agreed to the application; raises CredentialUnknown."""
    found = await services.database.read(agreements.credential, caller.client_id, credential_id)
    if found is None or not caller.is_for(found.user_id):
        raise CredentialUnknown
    await require_credential(services, caller, credential_id)
    return found


async def require_handle(services: Services, caller: Caller, handle: str) -> None:
    """Refuse a request of another signer than the token is for; raises HandleUnknown. Whose application's it is, the next step looks."""
    if caller.user_id is None:
        return
    found = await services.database.read(authorizations.get, handle)
    if found is None or not caller.is_for(found.user_id):
        raise HandleUnknown
