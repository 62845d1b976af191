"""The signer's credential at the service: `credentials/list` and `credentials/info` of CSC API v2; the first one is taken."""

from aiohttp import ClientSession
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.csc_signer import CSCCredentialInfo, CSCServiceSessionInfo, fetch_certs_in_csc_credential

from demo.csc.errors import AnswerUnusable, NoCredential, ServiceRefused


async def fetch_credential(session: ClientSession, origin: str, user_id: str) -> tuple[CSCServiceSessionInfo, CSCCredentialInfo]:
    """
    Find the signer's credential: `credentials/list`, then `credentials/info` with the chain.

    Raises:
        NoCredential: the service knows no such signer, or no key of theirs.
        CscError: the service refused or did not answer.
    """
    try:
        async with session.post(f"{origin}/csc/v2/credentials/list", json={"userID": user_id}) as response:
            answer = await response.json()
    except ServiceRefused as refusal:
        if "userID" in refusal.description:
            raise NoCredential(f"the service knows no signer {user_id!r}") from refusal
        raise
    ids = answer.get("credentialIDs") if isinstance(answer, dict) else None
    if not isinstance(ids, list) or not all(isinstance(entry, str) for entry in ids):
        raise AnswerUnusable("the answer to credentials/list holds no credentialIDs")
    if not ids:
        raise NoCredential(f"the signer {user_id!r} has no signing key at the service yet")
    service = CSCServiceSessionInfo(origin, ids[0], api_ver="v2")
    try:
        return service, await fetch_certs_in_csc_credential(session, service)
    except SigningError as failure:
        raise AnswerUnusable(f"the answer to credentials/info can't be used: {failure}") from failure
