"""Read by mypy: what a program gets has types."""

from collections.abc import Callable, Coroutine
from typing import Any

import flask
import redis
import redis.asyncio
from starlette.requests import Request
from typing_extensions import assert_type

from sessions_for_redis import AsyncSessions, Session, Sessions
from sessions_for_redis.flask import SessionsInterface
from sessions_for_redis.starlette import SessionsStore


def waiting(client: redis.Redis) -> None:
    sessions = Sessions(client, app="shop")
    assert_type(sessions.create("u1", ip="::1", ttl=60, max=5, data={"a": 1}), str)
    assert_type(sessions.get("token"), Session | None)
    assert_type(sessions.soid(7, no_data=True), list[Session])
    assert_type(sessions.save("token", {"a": 1}, nx=True, id=None), int)
    assert_type(sessions.rotate("token", id="u1"), str | None)
    assert_type(sessions.users(0), list[str])
    sessions.get(7)  # type: ignore[arg-type]
    sessions.create("u1", tll=60)  # type: ignore[call-arg]
    Sessions(redis.asyncio.Redis(), app="shop")  # type: ignore[arg-type]


def flask_devices(sessions: SessionsInterface, store: SessionsStore, request: Request) -> None:
    assert_type(sessions.sid_of(flask.session), str | None)
    assert_type(store.sid_of(request), str | None)


async def awaited(client: redis.asyncio.Redis) -> None:
    sessions = AsyncSessions(client, app="shop")
    assert_type(await sessions.create(None), str)
    assert_type(await sessions.get("token"), Session | None)
    assert_type(await sessions.count(dt=60), int)
    kill: Callable[[str], Coroutine[Any, Any, bool]] = sessions.kill
    await kill("token")
