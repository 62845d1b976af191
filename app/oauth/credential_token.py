"""
The access token of scope `credential` (CSC 2.0 §8.3.3): it is the SAD, and the SAM alone decides what it is worth: these hashes, this
key, once.

It may come as the bearer token, or in the parameter `SAD` beside a token of scope `service` of the same holder.
"""

from app.domain.grant import Grant, Step
from app.domain.identifiers import secret_sha256
from app.errors import CredentialUnknown, SigningRefused
from app.oauth.bearer import Caller
from app.services import Services
from app.store import authorizations, grants
from hsm.messages import ErrorCode, named_authorization


def sad_given(caller: Caller) -> str | None:
    """Give the SAD that the caller's own token is; None for a token of scope `service`."""
    return caller.access_token if caller.scope == "credential" else None


async def require_sad_of(services: Services, caller: Caller, sad: str) -> None:
    """
    Refuse a credential token that was taken back, or is bound to another holder, and a SAD of another signer than the caller's token is
    for; raises SigningRefused. Any other SAD is the SAM's to judge.
    """
    if caller.user_id is not None:
        named = await services.database.read(authorizations.get, named_authorization(sad) or "")
        if named is None or not caller.is_for(named.user_id):
            raise SigningRefused(ErrorCode.SAD_INVALID)
    grant = await services.database.read(grants.by_token, secret_sha256(sad))
    if grant is None:
        return
    same = (grant.client_id, grant.jkt, grant.x5t) == (caller.client_id, caller.jkt, caller.x5t)
    if grant.state is not Step.GIVEN or not same:
        raise SigningRefused(ErrorCode.SAD_INVALID)


async def require_credential(services: Services, caller: Caller, credential_id: str) -> None:
    """Refuse a credential that the caller's credential token is not for; raises CredentialUnknown."""
    if caller.scope != "credential":
        return
    grant = await services.database.read(grants.get, caller.grant_id or "")
    if grant is None or await _credential_id(services, grant) != credential_id:
        raise CredentialUnknown


async def _credential_id(services: Services, grant: Grant) -> str | None:
    authorization = await services.database.read(authorizations.get, grant.authorization_id or "")
    return authorization.credential_id if authorization is not None else None
