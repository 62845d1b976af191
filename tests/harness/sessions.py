"""Sessions that are older than they are: nobody waits in a test."""

import hashlib

import msgspec
from redis import Redis

from app.store.redis import Session
from tests.harness.stack import Stack


def age_session(stack: Stack, cookie: str, seconds: int) -> None:
    """Let a session have begun so much earlier."""
    redis = Redis(unix_socket_path=str(stack.data / "redis" / "redis.sock"))
    key = f"session:{hashlib.sha256(cookie.encode()).hexdigest()}"
    raw = redis.get(key)
    assert isinstance(raw, bytes)
    session = msgspec.json.decode(raw, type=Session)
    redis.set(key, msgspec.json.encode(msgspec.structs.replace(session, since=session.since - seconds)), keepttl=True)
    redis.close()
