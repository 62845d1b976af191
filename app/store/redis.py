"""What may be asked again, in Redis: access tokens, sessions, sign-in challenges, the pace of polls. Losing it costs a new sign-in."""

import hashlib
import secrets

import msgspec
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.errors import RedisUnavailable

KEEP_EXPIRED_S = 3_600  # how long an expired token is told from an unknown one


class Token(Struct, frozen=True):
    """An access token's holder and end (unix seconds)."""

    client_id: str
    expires: int


class Ephemeral:
    """
    Redis, with one method for each thing that is remembered.

    Secrets are stored under their SHA-256, so that reading Redis gives no token and no session.

    Raises, from every method:
        RedisUnavailable: Redis does not answer.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def give_token(self, client_id: str, life_s: int, now: float) -> str:
        """Make an access token (256 random bits)."""
        token = secrets.token_urlsafe(32)
        try:
            async with self._redis.pipeline(transaction=True) as pipe:
                value = msgspec.json.encode(Token(client_id, int(now) + life_s))
                pipe.set(_key("token", token), value, ex=life_s + KEEP_EXPIRED_S)
                pipe.sadd(f"tokens:{client_id}", _key("token", token))
                pipe.expire(f"tokens:{client_id}", life_s + KEEP_EXPIRED_S)
                await pipe.execute()
        except RedisError as error:
            raise RedisUnavailable(type(error).__name__) from error
        return token

    async def token(self, token: str) -> Token | None:
        value = await self._get(_key("token", token))
        return msgspec.json.decode(value, type=Token) if value is not None else None

    async def revoke_token(self, token: str) -> None:
        await self._delete(_key("token", token))

    async def revoke_tokens_of(self, client_id: str) -> None:
        """Forget every token of an application."""
        try:
            keys = await self._redis.smembers(f"tokens:{client_id}")
            await self._redis.delete(f"tokens:{client_id}", *keys)
        except RedisError as error:
            raise RedisUnavailable(type(error).__name__) from error

    async def begin_session(self, user_id: str, life_s: int) -> str:
        """Make a session (256 random bits) for a signer who has just shown a passkey."""
        session = secrets.token_urlsafe(32)
        await self._set(_key("session", session), user_id.encode(), life_s)
        return session

    async def session(self, session: str) -> str | None:
        """Give the user id of a session."""
        value = await self._get(_key("session", session))
        return value.decode() if value is not None else None

    async def end_session(self, session: str) -> None:
        await self._delete(_key("session", session))

    async def begin_ceremony(self, challenge: bytes, life_s: int) -> str:
        """Remember a sign-in challenge."""
        ceremony = secrets.token_urlsafe(16)
        await self._set(_key("ceremony", ceremony), challenge, life_s)
        return ceremony

    async def take_ceremony(self, ceremony: str) -> bytes | None:
        """Give a sign-in challenge once, before anything is checked against it."""
        try:
            challenge = await self._redis.getdel(_key("ceremony", ceremony))
        except RedisError as error:
            raise RedisUnavailable(type(error).__name__) from error
        return _bytes(challenge)

    async def may_poll(self, authorization_id: str, pace_ms: int) -> bool:
        """Tell whether the last poll of this authorization is at least `pace_ms` ago, and start counting anew if so."""
        try:
            return bool(await self._redis.set(f"poll:{authorization_id}", b"", px=pace_ms, nx=True))
        except RedisError as error:
            raise RedisUnavailable(type(error).__name__) from error

    async def ping(self) -> None:
        try:
            await self._redis.ping()
        except RedisError as error:
            raise RedisUnavailable(type(error).__name__) from error

    async def _get(self, key: str) -> bytes | None:
        try:
            value = await self._redis.get(key)
        except RedisError as error:
            raise RedisUnavailable(type(error).__name__) from error
        return _bytes(value)

    async def _set(self, key: str, value: bytes, life_s: int) -> None:
        try:
            await self._redis.set(key, value, ex=life_s)
        except RedisError as error:
            raise RedisUnavailable(type(error).__name__) from error

    async def _delete(self, key: str) -> None:
        try:
            await self._redis.delete(key)
        except RedisError as error:
            raise RedisUnavailable(type(error).__name__) from error


def _key(kind: str, secret: str) -> str:
    return f"{kind}:{hashlib.sha256(secret.encode()).hexdigest()}"


def _bytes(value: bytes | str | None) -> bytes | None:
    """Narrow redis-py's type: we never ask it to decode."""
    assert not isinstance(value, str)
    return value
