"""
The signer's approval: `credentials/authorize` and `credentials/authorizeCheck` of CSC API v2, as an authorization manager for pyHanko.

It does not know how the signer approves; it tells its caller where the signer can, and waits.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import ClientSession
from asn1crypto import algos
from pyhanko.sign.signers.csc_signer import CSCAuthorizationInfo, CSCAuthorizationManager, CSCCredentialInfo, CSCServiceSessionInfo

from demo.csc.errors import AnswerUnusable, ApprovalEnded, ApprovalExpired, CscError, ServiceRefused, SignerRefused
from demo.csc.hollow_pdf import HollowPdf
from demo.csc.moving_code import MovingCode, read_moving_code

HOLD_S = 25  # RFC 7240 `Prefer: wait`; shorter than the 30 s after which many proxies cut a silent connection
PLAIN_POLL_S = 2  # between polls, where the service does not hold them
GRACE_S = 15  # the service ends an authorization by itself; after this much longer we stop asking

OnWaiting = Callable[[str, str, int, str | None], None]
"""
Called once, with handle, approval_url, expires_in (seconds) and verification_code, when the signer has been asked.

Where there is a moving code, it is at the manager by then, and approval_url may be empty.
"""


class PollingAuthorizationManager(CSCAuthorizationManager):
    """
    Asks for a signature with `credentials/authorize` and waits with `credentials/authorizeCheck` until the signer has decided.

    `description` is shown to the signer, and `document_labels`, one per hash, beside the fingerprints. `on_approved` is called when
    the SAD is there, `on_progress` with each word that the service has for how far the request has come. `return_url` and `state` are for
    the signer who opens the request on the same device.
    """

    def __init__(
        self,
        session: ClientSession,
        csc_session_info: CSCServiceSessionInfo,
        credential_info: CSCCredentialInfo,
        *,
        on_waiting: OnWaiting,
        on_approved: Callable[[], None] = lambda: None,
        description: str | None = None,
        document_labels: Sequence[str] = (),
        digest_algorithm: str = "sha256",
        on_progress: Callable[[str], None] = lambda _: None,
        return_url: str | None = None,
        state: str | None = None,
    ) -> None:
        super().__init__(csc_session_info, credential_info)
        self.session = session
        self.on_waiting = on_waiting
        self.on_approved = on_approved
        self.description = description
        self.document_labels = document_labels
        self.digest_algorithm = digest_algorithm
        self.on_progress = on_progress
        self.return_to = {"return_url": return_url, "state": state} if return_url is not None else {}
        self.moving_code: MovingCode | None = None
        self._shown: dict[str, HollowPdf] = {}

    def show(self, prepared: HollowPdf) -> None:
        """Send this document with the request for its signature, so that the signer can open it."""
        self._shown[prepared.hash_b64] = prepared

    async def authorize_signature(self, hash_b64s: list[str]) -> CSCAuthorizationInfo:
        """
        Get the SAD for these hashes.

        Raises:
            SignerRefused, ApprovalExpired, ApprovalEnded: the signer was asked, and there is no approval.
            CscError: the service refused or did not answer.
        """
        body = self.format_csc_auth_request(hash_b64s=hash_b64s, description=self.description)
        body["hashes"] = body.pop("hash")  # the name in v2
        body["hashAlgorithmOID"] = algos.DigestAlgorithmId(self.digest_algorithm).dotted
        if self.document_labels:
            body["documentLabels"] = list(self.document_labels)
        if self._shown:
            body["documents"] = [self._shown[one].field if one in self._shown else None for one in hash_b64s]
        status, answer = await self._post("credentials/authorize", body | self.return_to)
        if status == 202:
            answer = await self._wait(answer)
        if "SAD" not in answer:
            raise AnswerUnusable("the service says the signature is authorized, and gives no SAD")
        self.on_approved()
        return self.parse_csc_auth_response(answer)

    async def _wait(self, asked: dict[str, Any]) -> dict[str, Any]:
        handle, life_s, url, code = (asked.get(name) for name in ("handle", "expiresIn", "approval_url", "verification_code"))
        if not isinstance(handle, str) or not isinstance(life_s, int) or not isinstance(code, str | None):
            raise AnswerUnusable("the answer to credentials/authorize can't be used")
        self.moving_code = read_moving_code(asked)
        if self.moving_code is None and not (isinstance(url, str) and url.startswith(("https://", "http://"))):
            raise AnswerUnusable("the answer to credentials/authorize does not say where the signer can approve")
        self.on_waiting(handle, str(url or ""), life_s, code)
        self._tell_progress(asked)
        ends = time.monotonic() + life_s + GRACE_S
        while (started := time.monotonic()) < ends:
            try:
                status, answer = await self._post("credentials/authorizeCheck", {"handle": handle}, {"Prefer": f"wait={HOLD_S}"})
            except ServiceRefused as refusal:
                raise _ending(refusal) from refusal
            if status != 202:
                return answer
            self._tell_progress(answer)
            if time.monotonic() - started < PLAIN_POLL_S:  # answered at once, so this poll was not held
                await asyncio.sleep(PLAIN_POLL_S)
        raise ApprovalExpired("nobody approved in time")

    def _tell_progress(self, answer: dict[str, Any]) -> None:
        if isinstance(word := answer.get("progress"), str):
            self.on_progress(word)

    async def _post(self, endpoint: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
        async with self.session.post(f"{self.csc_session_info.service_url}/csc/v2/{endpoint}", json=body, headers=headers) as response:
            answer = await response.json()
        if not isinstance(answer, dict):
            raise AnswerUnusable(f"the answer to {endpoint} is not a JSON object")
        return response.status, answer


def _ending(refusal: ServiceRefused) -> CscError:
    if refusal.error == "access_denied":
        return SignerRefused(refusal.reason or "declined")
    if refusal.error in ("authorization_expired", "expired_token"):
        return ApprovalExpired("nobody approved in time")
    if refusal.error == "authorization_cancelled":
        return ApprovalEnded("the request was withdrawn")
    return refusal
