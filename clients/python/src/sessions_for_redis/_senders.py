"""Sends commands to the server or servers, by the clients of redis-py that can be given to this
package.

The application's own client sends the commands, so its pool, TLS, timeouts and retries apply.
"""

import asyncio
import random
import time
from collections.abc import Generator
from typing import Any, TypeVar, cast

import redis
import redis.asyncio
from redis.asyncio.client import Pipeline as AsyncPipeline
from redis.asyncio.cluster import ClusterPipeline as AsyncClusterPipeline
from redis.client import Pipeline
from redis.cluster import ClusterPipeline

from ._translate import FAILURES, NO_MODULE, OLD_MODULE, translated
from ._words import Call
from .errors import NoModuleError, SessionsError, TryAgainError, UnavailableError

T = TypeVar("T")

#: Commands that lead to a result, as a generator: it yields each call and gets the decoded reply.
#: So the decisions between two commands are written once for clients that wait and for clients that
#: are awaited.
Steps = Generator[Call[Any], Any, T]

# The number of attempts while a hash slot moves. The pauses add up to about two seconds.
_TRIES = 10

# Replies stay bytes, regardless of the client's decoding.
_PLAIN = {"NEVER_DECODE": True}


def _wait(tried: int) -> float:
    return 0.02 * tried + random.uniform(0, 0.02)  # noqa: S311


def _explanation(version: str, has_module: bool) -> NoModuleError:
    if has_module:
        return NoModuleError(OLD_MODULE, "NOMODULE")
    major = version.partition(".")[0]
    is_old = major.isdecimal() and int(major) < 7
    return NoModuleError(f"{NO_MODULE} This one is Redis {version}." if is_old else NO_MODULE, "NOMODULE")


def _version(info: Any) -> str:
    return str(info.get("redis_version", "")) if isinstance(info, dict) else ""


def _no_primary() -> UnavailableError:
    return UnavailableError("the cluster client has no known primary", "UNAVAILABLE")


def _all_of(call: Call[Any], replies: list[Any]) -> list[Any]:
    """Returns the replies of all primaries.

    If one of them is an error, raises the first error, with what was done.
    """
    failures = [reply for reply in replies if isinstance(reply, BaseException)]
    if not failures:
        return replies
    first = failures[0]
    if call.name != "SESSIONS.KILLALL" or not isinstance(first, SessionsError):
        raise first
    done = [reply for reply in replies if not isinstance(reply, BaseException)]
    text = f"{len(done)} of {len(replies)} primaries ended {call.decode(done)} sessions; repeat the call for the others"
    raise type(first)(f"{first} ({text})", first.code)


class Sender:
    """Sends calls by a client that waits for the reply. A command only raises SessionsError."""

    def __init__(self, client: Any) -> None:
        if isinstance(client, (redis.asyncio.Redis, redis.asyncio.RedisCluster)):
            raise TypeError("client is a redis.asyncio client: use AsyncSessions")
        if not isinstance(client, (redis.Redis, redis.RedisCluster)) or isinstance(client, (Pipeline, ClusterPipeline)):
            raise TypeError("client must be a redis.Redis, a redis.RedisCluster or what Sentinel's master_for returns")
        self._client: Any = client
        self.is_cluster = isinstance(client, redis.RedisCluster)

    def send(self, call: Call[T]) -> T:
        if not call.is_everywhere:
            return call.decode(self._send(call))
        if not self.is_cluster:
            return call.decode([self._send(call)])
        primaries = self._client.get_primaries()
        if not primaries:
            raise _no_primary()
        return call.decode(_all_of(call, [self._reply(call, node) for node in primaries]))

    def run(self, steps: Steps[T]) -> T:
        """Runs steps and returns their result."""
        try:
            call = next(steps)
            while True:
                try:
                    result = self.send(call)
                except SessionsError as error:
                    call = steps.throw(error)
                else:
                    call = steps.send(result)
        except StopIteration as end:
            return cast(T, end.value)
        except SessionsError as error:
            # The traceback is cut: the frames of the steps contain tokens, which a report of the
            # error would show.
            raise error.with_traceback(None) from None

    def _reply(self, call: Call[Any], node: Any) -> Any:
        """Returns the reply of a node, or the error: the other nodes must get the command even if
        this node fails.
        """
        try:
            return self._send(call, target_nodes=node)
        except SessionsError as error:
            return error

    def _send(self, call: Call[Any], **where: Any) -> Any:
        for tried in range(1, _TRIES + 1):
            try:
                return self._client.execute_command(call.name, *call.words, **_PLAIN, **where)
            except FAILURES as failure:
                error = translated(failure)
            # This is outside of the except clause, so that the client's own error is not part of
            # the raised error.
            if not (self.is_cluster and isinstance(error, TryAgainError)):
                break
            time.sleep(_wait(tried))
        raise self._explained(error) if type(error) is NoModuleError else error

    def _explained(self, error: NoModuleError) -> SessionsError:
        """Explains a missing command: the server may be too old for the module, or the module for
        this package.
        """
        try:
            version = _version(self._client.info("server"))
        except FAILURES:
            return error  # The Redis user may not use INFO.
        try:
            self._client.execute_command("SESSIONS.HELP", **self._anywhere())
        except FAILURES:
            return _explanation(version, has_module=False)
        return _explanation(version, has_module=True)

    def _anywhere(self) -> dict[str, Any]:
        return {"target_nodes": self._client.get_random_node()} if self.is_cluster else {}


class AsyncSender:
    """Sends calls by a client of redis.asyncio. A command only raises SessionsError."""

    def __init__(self, client: Any) -> None:
        if isinstance(client, (redis.Redis, redis.RedisCluster)) and not isinstance(client, redis.asyncio.Redis):
            raise TypeError("client is not a redis.asyncio client: use Sessions")
        if not isinstance(client, (redis.asyncio.Redis, redis.asyncio.RedisCluster)) or isinstance(
            client, (AsyncPipeline, AsyncClusterPipeline)
        ):
            raise TypeError(
                "client must be a redis.asyncio.Redis, a redis.asyncio.RedisCluster or what Sentinel's master_for "
                "returns"
            )
        self._client: Any = client
        self.is_cluster = isinstance(client, redis.asyncio.RedisCluster)

    async def send(self, call: Call[T]) -> T:
        if not call.is_everywhere:
            return call.decode(await self._send(call))
        if not self.is_cluster:
            return call.decode([await self._send(call)])
        await self._connect()
        primaries = self._client.get_primaries()
        if not primaries:
            raise _no_primary()
        # All nodes reply before a failure is raised.
        replies = await asyncio.gather(
            *(self._send(call, target_nodes=node) for node in primaries), return_exceptions=True
        )
        return call.decode(_all_of(call, replies))

    async def run(self, steps: Steps[T]) -> T:
        """Runs steps and returns their result."""
        try:
            call = next(steps)
            while True:
                try:
                    result = await self.send(call)
                except SessionsError as error:
                    call = steps.throw(error)
                else:
                    call = steps.send(result)
        except StopIteration as end:
            return cast(T, end.value)
        except SessionsError as error:
            # The traceback is cut: the frames of the steps contain tokens, which a report of the
            # error would show.
            raise error.with_traceback(None) from None

    async def _connect(self) -> None:
        """Returns the primaries, which the client knows after it has read the slots."""
        error: SessionsError
        try:
            await self._client.initialize()
        except FAILURES as failure:
            error = translated(failure)
        else:
            return
        raise error

    async def _send(self, call: Call[Any], **where: Any) -> Any:
        for tried in range(1, _TRIES + 1):
            try:
                if self.is_cluster:
                    # Before it knows the slots, the client of redis-py 8 sends to any node.
                    await self._client.initialize()
                return await self._client.execute_command(call.name, *call.words, **_PLAIN, **where)
            except FAILURES as failure:
                error = translated(failure)
            if not (self.is_cluster and isinstance(error, TryAgainError)):
                break
            await asyncio.sleep(_wait(tried))
        raise await self._explained(error) if type(error) is NoModuleError else error

    async def _explained(self, error: NoModuleError) -> SessionsError:
        try:
            version = _version(await self._client.info("server"))
        except FAILURES:
            return error
        try:
            await self._client.execute_command("SESSIONS.HELP", **self._anywhere())
        except FAILURES:
            return _explanation(version, has_module=False)
        return _explanation(version, has_module=True)

    def _anywhere(self) -> dict[str, Any]:
        return {"target_nodes": self._client.get_random_node()} if self.is_cluster else {}
