"""What may be asked again, in Redis: access tokens, sessions, sign-in challenges, the pace of polls. Losing it costs a new sign-in."""

import hashlib
import secrets

import msgspec
from msgspec import Struct

from app.store.batch import Batches
from app.store.push_jobs import ALIVE_KEY

KEEP_EXPIRED_S = 3_600  # how long an expired token is told from an unknown one
NONCE_LIFE_S = 300
LISTED_S = 86_400 + KEEP_EXPIRED_S  # no token lives longer


class Token(Struct, frozen=True):
    """
    An access token's holder and end (unix seconds).

    `grant_id` and `user_id` are there where a signer has granted it. It works only with the key of this thumbprint (`jkt`, RFC 9449 §6.1),
    or with this client certificate (`x5t`, RFC 8705 §3.1), where there is one.
    """

    client_id: str
    expires: int
    scope: str = "service"
    user_id: str | None = None
    grant_id: str | None = None
    jkt: str | None = None
    x5t: str | None = None


class Session(Struct, frozen=True):
    """
    Who is signed in, and with which passkey; or without one, with PIN and a one-time-password token, for the sake of one key.

    `since` is when that was shown, unix seconds.
    """

    user_id: str
    passkey_id: bytes | None = None
    token_id: str | None = None
    credential_id: str | None = None
    since: int = 0


class Ephemeral:
    """
    Redis, with one method for each thing that is remembered.

    Secrets are stored under their SHA-256, so that reading Redis gives no token and no session.

    Raises, from every method:
        RedisUnavailable: Redis does not answer.
    """

    def __init__(self, batches: Batches) -> None:
        self._batches = batches

    async def give_token(self, holder: Token, now: float, token: str | None = None) -> str:
        """Make an access token (256 random bits), or have one known that was made elsewhere."""
        token, keep_s = token or secrets.token_urlsafe(32), max(1, holder.expires - int(now)) + KEEP_EXPIRED_S
        # Listed first: a token that is not in its application's list could not be revoked with it.
        await self._batches.send("SADD", f"tokens:{holder.client_id}", _key("token", token))
        await self._batches.send("EXPIRE", f"tokens:{holder.client_id}", LISTED_S)
        await self._batches.send("SET", _key("token", token), msgspec.json.encode(holder), "EX", keep_s)
        return token

    async def token(self, token: str) -> Token | None:
        """Give what is known of an access token."""
        value = await self._batches.send("GET", _key("token", token))
        return msgspec.json.decode(value, type=Token) if value is not None else None

    async def revoke_token(self, token: str) -> None:
        await self._batches.send("DEL", _key("token", token))

    async def revoke_tokens_of(self, client_id: str) -> None:
        """Forget every token of an application."""
        keys = await self._batches.send("SMEMBERS", f"tokens:{client_id}")
        await self._batches.send("DEL", f"tokens:{client_id}", *keys)

    async def begin_session(self, holder: Session, life_s: int) -> str:
        """Make a session (256 random bits) for a signer who has just shown a passkey."""
        session = secrets.token_urlsafe(32)
        await self._batches.send("SET", _key("session", session), msgspec.json.encode(holder), "EX", life_s)
        return session

    async def session(self, session: str) -> Session | None:
        """Give whose session it is."""
        value = await self._batches.send("GET", _key("session", session))
        return msgspec.json.decode(value, type=Session) if value is not None else None

    async def end_session(self, session: str) -> None:
        await self._batches.send("DEL", _key("session", session))

    async def begin_sign_in(self, authorization_id: str, transaction: bytes, life_s: int) -> bytes:
        """Remember the sign-in that the link of an authorization asks for, where there is none; give the one that there is."""
        await self._batches.send("SET", _key("sign-in", authorization_id), transaction, "NX", "EX", life_s)
        return await self.asked_sign_in(authorization_id) or transaction

    async def asked_sign_in(self, authorization_id: str) -> bytes | None:
        """Give the sign-in that the link of an authorization asks for."""
        found: bytes | None = await self._batches.send("GET", _key("sign-in", authorization_id))
        return found

    async def end_sign_in(self, authorization_id: str) -> None:
        await self._batches.send("DEL", _key("sign-in", authorization_id))

    async def begin_ceremony(self, challenge: bytes, life_s: int) -> str:
        """Remember a sign-in challenge."""
        ceremony = secrets.token_urlsafe(16)
        await self._batches.send("SET", _key("ceremony", ceremony), challenge, "EX", life_s)
        return ceremony

    async def take_ceremony(self, ceremony: str) -> bytes | None:
        """Give a sign-in challenge once, before anything is checked against it."""
        challenge: bytes | None = await self._batches.send("GETDEL", _key("ceremony", ceremony))
        return challenge

    async def keep_challenge(self, client_id: str, credential_id: str, code: str, life_s: int) -> None:
        """Remember the code that an application will show for its next request; an earlier one is forgotten."""
        await self._batches.send("SET", f"challenge:{client_id}:{credential_id}", code.encode(), "EX", life_s)

    async def take_challenge(self, client_id: str, credential_id: str) -> str | None:
        """Give that code, once."""
        code: bytes | None = await self._batches.send("GETDEL", f"challenge:{client_id}:{credential_id}")
        return code.decode() if code is not None else None

    async def may_poll(self, authorization_id: str, pace_ms: int) -> bool:
        """Tell whether the last poll of this authorization is at least `pace_ms` ago, and start counting anew if so."""
        return bool(await self._batches.send("SET", f"poll:{authorization_id}", b"", "PX", pace_ms, "NX"))

    async def is_first_use(self, kind: str, value: str, life_s: int) -> bool:
        """Tell whether this value was never seen within `life_s`, and remember it."""
        return bool(await self._batches.send("SET", _key(kind, value), b"", "EX", life_s, "NX"))

    async def dpop_nonces(self, now: float) -> list[str]:
        """Give the nonce of these five minutes, and the one of those before where there was one; both are lost with Redis."""
        slots = [f"{{dpop-nonce}}:{int(now) // NONCE_LIFE_S - earlier}" for earlier in range(2)]
        await self._batches.send("SET", slots[0], secrets.token_urlsafe(16), "EX", 3 * NONCE_LIFE_S, "NX")
        found: list[bytes | None] = await self._batches.send("MGET", *slots)
        return [nonce.decode() for nonce in found if nonce is not None]

    async def push_process_lives(self) -> bool:
        """Tell whether a push process left its sign just now."""
        return bool(await self._batches.send("EXISTS", ALIVE_KEY))

    async def ping(self) -> None:
        await self._batches.send("PING")


def _key(kind: str, secret: str) -> str:
    return f"{kind}:{hashlib.sha256(secret.encode()).hexdigest()}"
