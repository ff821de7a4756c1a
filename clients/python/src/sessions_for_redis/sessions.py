"""The commands as methods: dictionaries in, sessions out."""

import inspect
import re
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from . import _calls
from ._senders import AsyncSender, Sender
from ._words import Call, Site

if TYPE_CHECKING:
    import redis
    import redis.asyncio

P = ParamSpec("P")
T = TypeVar("T")

_APP = re.compile(r"[A-Za-z0-9_-]{1,64}")


def _site(app: str, is_cluster: bool) -> Site:
    if not isinstance(app, str) or not _APP.fullmatch(app):
        raise ValueError("app must be a str of 1 to 64 characters of A-Z a-z 0-9 _ -")
    return Site(app, is_cluster)


def _described(method: Any, build: Callable[..., Any]) -> None:
    """Sets the signature that help() shows: the arguments of the function without the site."""
    method.__qualname__ = build.__name__
    signature = inspect.signature(build)
    own, *others = signature.parameters.values()
    method.__signature__ = signature.replace(parameters=[own.replace(name="self", annotation=own.empty), *others])


def _waiting(build: Callable[Concatenate[Site, P], Call[T]]) -> "Callable[Concatenate[Sessions, P], T]":
    @wraps(build)
    def method(self: "Sessions", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.sender.send(build(self.site, *args, **kwargs))

    _described(method, build)
    return method


def _awaited(
    build: Callable[Concatenate[Site, P], Call[T]],
) -> "Callable[Concatenate[AsyncSessions, P], Coroutine[Any, Any, T]]":
    @wraps(build)
    async def method(self: "AsyncSessions", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.sender.send(build(self.site, *args, **kwargs))

    _described(method, build)
    return method


class _OfAnApp:
    site: Site

    @property
    def app(self) -> str:
        return self.site.app

    @property
    def is_cluster(self) -> bool:
        """Whether the client is one of a cluster."""
        return self.site.is_cluster


class Sessions(_OfAnApp):
    """The sessions of an app, by a client that waits for replies.

    `client` is your own `redis.Redis`, `redis.RedisCluster` or what Sentinel's `master_for`
    returns. `app` is the namespace of the sessions, for example the site's name: 1 to 64 of `A-Z
    a-z 0-9 _ -`.
    """

    def __init__(self, client: "redis.Redis | redis.RedisCluster", *, app: str) -> None:
        self.sender = Sender(client)
        self.site = _site(app, self.sender.is_cluster)

    create = _waiting(_calls.create)
    get = _waiting(_calls.get)
    peek = _waiting(_calls.peek)
    set = _waiting(_calls.set)
    save = _waiting(_calls.save)
    incr = _waiting(_calls.incr)
    touch = _waiting(_calls.touch)
    exists = _waiting(_calls.exists)
    rotate = _waiting(_calls.rotate)
    kill = _waiting(_calls.kill)
    kill_soid = _waiting(_calls.kill_soid)
    kill_all = _waiting(_calls.kill_all)
    soid = _waiting(_calls.soid)
    soapp = _waiting(_calls.soapp)
    activity = _waiting(_calls.activity)
    count = _waiting(_calls.count)
    count_soid = _waiting(_calls.count_soid)
    users = _waiting(_calls.users)


class AsyncSessions(_OfAnApp):
    """The sessions of an app, by a client of redis.asyncio: like Sessions, but each method is
    awaited.

    A client of redis.asyncio belongs to one event loop, and so does its AsyncSessions.
    """

    def __init__(self, client: "redis.asyncio.Redis | redis.asyncio.RedisCluster", *, app: str) -> None:
        self.sender = AsyncSender(client)
        self.site = _site(app, self.sender.is_cluster)

    create = _awaited(_calls.create)
    get = _awaited(_calls.get)
    peek = _awaited(_calls.peek)
    set = _awaited(_calls.set)
    save = _awaited(_calls.save)
    incr = _awaited(_calls.incr)
    touch = _awaited(_calls.touch)
    exists = _awaited(_calls.exists)
    rotate = _awaited(_calls.rotate)
    kill = _awaited(_calls.kill)
    kill_soid = _awaited(_calls.kill_soid)
    kill_all = _awaited(_calls.kill_all)
    soid = _awaited(_calls.soid)
    soapp = _awaited(_calls.soapp)
    activity = _awaited(_calls.activity)
    count = _awaited(_calls.count)
    count_soid = _awaited(_calls.count_soid)
    users = _awaited(_calls.users)
