"""
The time-stamping authority (RFC 3161): a digest is sent, and the token that comes back is passed on if it is for this very digest.

Whether the authority's certificate is to be trusted is for whoever relies on the token; nothing is decided about it here.
"""

import secrets

import aiohttp
from asn1crypto import algos, cms, tsp

from app.errors import TimestampUnavailable

DEADLINE_S = 10
MAX_REPLY_BYTES = 60_000
HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


class Timestamps:
    """Asks the one authority that is configured, where there is one."""

    def __init__(self, session: aiohttp.ClientSession, url: str | None) -> None:
        self._session, self._url = session, url

    @classmethod
    def open(cls, url: str | None) -> "Timestamps":
        """Make one with a client of its own; call it within the event loop."""
        return cls(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=DEADLINE_S, connect=2)), url)

    async def close(self) -> None:
        await self._session.close()

    async def token(self, digest: bytes, hash_algorithm: str, nonce: int | None = None) -> bytes:
        """
        Give the token (DER, a CMS ContentInfo) for a digest by an algorithm (OID); a nonce is made where none is given.

        Raises:
            TimestampUnavailable: there is no authority, it does not answer, refuses, or answers something else.
        """
        asked = nonce if nonce is not None else secrets.randbits(63)
        imprint = tsp.MessageImprint({"hash_algorithm": algos.DigestAlgorithm({"algorithm": hash_algorithm}), "hashed_message": digest})
        request = tsp.TimeStampReq({"version": 1, "message_imprint": imprint, "nonce": asked, "cert_req": True})
        try:
            return read_token(await self._post(request.dump()), digest, hash_algorithm, asked)
        except (ValueError, TypeError, KeyError) as error:
            raise TimestampUnavailable(f"an answer that can't be read: {type(error).__name__}") from None

    async def _post(self, request: bytes) -> bytes:
        if self._url is None:
            raise TimestampUnavailable("there is no authority")
        try:
            async with self._session.post(self._url, data=request, headers=HEADERS, allow_redirects=False) as response:
                body = await response.content.read(MAX_REPLY_BYTES + 1)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TimestampUnavailable(type(error).__name__) from None
        if response.status != 200 or len(body) > MAX_REPLY_BYTES:
            raise TimestampUnavailable(f"status {response.status}, {len(body)} bytes")
        return body


def read_token(reply: bytes, digest: bytes, hash_algorithm: str, nonce: int) -> bytes:
    """
    Take the token out of a reply (RFC 3161 §2.4.2), if it is for this digest and this request.

    Raises:
        TimestampUnavailable: it was refused, or is for something else.
        ValueError, TypeError, KeyError: it is no such reply.
    """
    response = tsp.TimeStampResp.load(reply, strict=True)
    if response["status"]["status"].native not in ("granted", "granted_with_mods"):
        raise TimestampUnavailable(f"refused: {response['status'].native}")
    token = response["time_stamp_token"]
    if not isinstance(token, cms.ContentInfo) or token["content_type"].native != "signed_data":
        raise TimestampUnavailable("no token")
    info = token["content"]["encap_content_info"]["content"].parsed
    if not isinstance(info, tsp.TSTInfo) or info["nonce"].native != nonce:
        raise TimestampUnavailable("a token for another request")
    imprint = info["message_imprint"]
    if (imprint["hash_algorithm"]["algorithm"].dotted, imprint["hashed_message"].native) != (hash_algorithm, digest):
        raise TimestampUnavailable("a token for another digest")
    return bytes(token.dump())
