"""The clients that the tests drive.

Tests are written once: over redis.asyncio each method runs in a loop to an end.
"""

import asyncio
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.asyncio.sentinel import Sentinel as AsyncSentinel
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

from sessions_for_redis import AsyncSessions, Sessions

# A repeat is what the tests of a server that is away would wait for.
_ONCE: dict[str, Any] = {"retry": Retry(NoBackoff(), 0)}
_ASYNC_ONCE: dict[str, Any] = {"retry": AsyncRetry(NoBackoff(), 0)}


class Waiting:
    """An AsyncSessions whose methods wait."""

    def __init__(self, loop: asyncio.AbstractEventLoop, sessions: AsyncSessions) -> None:
        self.loop = loop
        self.awaited = sessions

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.awaited, name)
        if not inspect.iscoroutinefunction(found):
            return found
        return lambda *args, **options: self.loop.run_until_complete(found(*args, **options))


class Kind(NamedTuple):
    """A kind of client: what is given to the library's class."""

    name: str
    is_async: bool
    options: dict[str, Any]


KINDS = [
    Kind("sync", False, {}),
    Kind("sync-decoded-resp3", False, {"decode_responses": True, "protocol": 3}),
    Kind("sync-latin1-resp2", False, {"decode_responses": True, "encoding": "latin-1", "protocol": 2}),
    Kind("async", True, {}),
    Kind("async-decoded-resp3", True, {"decode_responses": True, "protocol": 3}),
    Kind("async-resp2", True, {"protocol": 2}),
]
USUAL = [KINDS[0], KINDS[3]]


class Maker:
    """Makes Sessions of one kind of client; the clients are closed at the end."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self._loop = asyncio.new_event_loop()
        self._clients: list[Any] = []

    def _sessions(self, client: Any, app: str) -> Any:
        self._clients.append(client)
        if self.kind.is_async:
            return Waiting(self._loop, AsyncSessions(client, app=app))
        return Sessions(client, app=app)

    def single(self, path: str, app: str, **options: Any) -> Any:
        library: Any = redis.asyncio if self.kind.is_async else redis
        once = _ASYNC_ONCE if self.kind.is_async else _ONCE
        options = {**once, **self.kind.options, **options}
        return self._sessions(library.Redis(unix_socket_path=path, **options), app)

    def tcp(self, port: int, app: str, **options: Any) -> Any:
        library: Any = redis.asyncio if self.kind.is_async else redis
        once = _ASYNC_ONCE if self.kind.is_async else _ONCE
        return self._sessions(library.Redis(port=port, **{**once, **self.kind.options, **options}), app)

    def cluster(self, port: int, app: str) -> Any:
        library: Any = redis.asyncio if self.kind.is_async else redis
        return self._sessions(library.RedisCluster(host="127.0.0.1", port=port, **self.kind.options), app)

    def sentinel(self, port: int, app: str) -> Any:
        library: Any = AsyncSentinel if self.kind.is_async else Sentinel
        sentinel = library([("127.0.0.1", port)])
        # Its client of the sentinel itself.
        self._clients += sentinel.sentinels
        return self._sessions(sentinel.master_for("mymaster", **self.kind.options), app)

    def close(self) -> None:
        for client in self._clients:
            if self.kind.is_async:
                self._loop.run_until_complete(client.aclose())
            else:
                client.close()
        self._loop.close()


@contextmanager
def maker(kind: Kind) -> Iterator[Maker]:
    made = Maker(kind)
    try:
        yield made
    finally:
        made.close()
