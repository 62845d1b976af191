"""
One Redis connection for a whole worker: commands that are asked for while another batch is under way go out together in the next.

A thousand polls that arrive at once cost a handful of round trips. Batches run in a task of their own, so that a caller who goes away never
leaves an answer behind for the next one.
"""

import asyncio
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.errors import RedisUnavailable

Command = tuple[Any, ...]


class Batches:
    """Sends commands; each caller gets its own answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiting: list[tuple[Command, asyncio.Future[Any]]] = []
        self._sending: asyncio.Task[None] | None = None

    async def send(self, *command: Any) -> Any:
        """
        Send one command, and give its answer.

        Raises:
            RedisUnavailable: Redis does not answer, or refuses.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, future))
        if self._sending is None:
            self._sending = asyncio.create_task(self._send_all())
        answer = await future
        if isinstance(answer, Exception):
            raise RedisUnavailable(type(answer).__name__) from answer
        return answer

    async def _send_all(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                for (_, future), answer in zip(batch, await self._answers([command for command, _ in batch]), strict=True):
                    if not future.done():
                        future.set_result(answer)
        finally:
            self._sending = None

    async def _answers(self, commands: list[Command]) -> list[Any]:
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for command in commands:
                    pipe.execute_command(*command)
                return await pipe.execute(raise_on_error=False)
        except (RedisError, OSError) as error:
            return [error] * len(commands)
