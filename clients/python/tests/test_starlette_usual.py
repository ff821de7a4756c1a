"""What starsessions with Redis gets wrong, and this package does not: the same site with the one
and the other.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
import redis.asyncio
from starlette.applications import Starlette
from starsessions import SessionAutoloadMiddleware, SessionMiddleware
from starsessions.stores.redis import RedisStore
from support.server import Server
from support.starlette_site import Browser, a_site, in_a_loop, user, with_store

from sessions_for_redis.starlette import SessionsStore

Make = Callable[[], Starlette]


def usual(client: Any, app: str) -> Starlette:
    def add(site: Starlette) -> None:
        site.add_middleware(SessionAutoloadMiddleware)
        store = RedisStore(connection=client, prefix=f"{app}:")
        site.add_middleware(SessionMiddleware, store=store, cookie_https_only=False, lifetime=3600, rolling=True)

    return a_site(middleware=add)


def ours(client: Any, app: str, **options: Any) -> Starlette:
    return a_site(middleware=with_store(SessionsStore(client, app=app, id=user, **options)))


def compared(server: Server, app: str, scene: Callable[[Starlette], Any], expected: Any, wrong: Any) -> None:
    async def run(client: Any) -> None:
        assert await scene(usual(client, app)) == wrong
        assert await scene(ours(client, app)) == expected

    in_a_loop(server.path, run)


def shown(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != "__metadata__"}


def test_two_requests_at_once_that_change_different_keys_lose_nothing(server: Server, app: str) -> None:
    async def scene(site: Starlette) -> Any:
        browser = Browser(site)
        await browser.post("/set", {"n": 1})
        one, two = await browser.hold({"a": 1}), await browser.hold({"b": 2})
        await one()
        await two()
        return shown(await browser.read())

    compared(server, app, scene, expected={"n": 1, "a": 1, "b": 2}, wrong={"n": 1, "b": 2})


def test_a_session_that_was_ended_during_a_request_stays_dead(server: Server, app: str) -> None:
    async def scene(site: Starlette) -> Any:
        browser = Browser(site)
        await browser.post("/set", {"user": "ann"})
        stolen = Browser(site, browser.cookie)
        go = await browser.hold({"seen": 1})
        await browser.post("/clear")
        await go()
        return (await stolen.read()).get("user")

    compared(server, app, scene, expected=None, wrong="ann")


def test_a_cookie_from_before_the_log_in_is_of_no_use_after_it(server: Server, app: str) -> None:
    async def scene(site: Starlette) -> Any:
        browser = Browser(site)
        await browser.post("/set", {"cart": 1})
        thief = Browser(site, browser.cookie)
        await browser.post("/set", {"user": "ann"})
        return (await thief.read()).get("user")

    compared(server, app, scene, expected=None, wrong="ann")


def test_a_cookie_that_somebody_invented_makes_no_session_of_that_name(server: Server, app: str) -> None:
    async def scene(site: Starlette) -> Any:
        browser = Browser(site, "0" * 64)
        await browser.post("/set", {"a": 1})
        return (await Browser(site, "0" * 64).read()).get("a")

    compared(server, app, scene, expected=None, wrong=1)


def test_a_request_that_only_reads_asks_the_server_once_not_twice(server: Server, app: str) -> None:
    async def run(client: Any) -> None:
        for make, expected in ((usual, {"get": 3, "set": 3}), (ours, {"sessions.get": 3})):
            browser = Browser(make(client, app))
            await browser.post("/set", {"a": 1})
            await client.config_resetstat()
            for _ in range(3):
                await browser.read()
            stats = await client.info("commandstats")
            calls = {name.removeprefix("cmdstat_"): stat["calls"] for name, stat in stats.items()}
            asked = {name: n for name, n in calls.items() if name in ("get", "set") or name.startswith("sessions.")}
            assert asked == expected

    in_a_loop(server.path, run)


@pytest.mark.parametrize(
    "options",
    [{}, {"cookie": "sha256"}, {"cookie": "signed", "secrets": ["cats"]}],
    ids=["token", "sha256", "signed"],
)
def test_sessions_of_starsessions_go_on_with_their_user_and_are_in_one_place_only(
    server: Server, app: str, options: Any
) -> None:
    async def run(client: Any) -> None:
        browsers = [Browser(usual(client, app)) for _ in range(2)]
        for browser in browsers:
            await browser.post("/set", {"user": "ann", "cart": 1})
        before = RedisStore(connection=client, prefix=f"{app}:")
        store = SessionsStore(client, app=app, id=user, from_=before, **options)
        site = a_site(middleware=with_store(store))
        moved = [Browser(site, browser.cookie) for browser in browsers]
        late = Browser(site, browsers[0].cookie)
        for browser in (moved[0], late):
            assert await browser.read() == {"user": "ann", "cart": 1}
            assert await browser.read() == {"user": "ann", "cart": 1}
        assert [session.id for session in await store.sessions_of("ann")] == ["ann"]
        assert [key async for key in client.scan_iter(f"{app}:*")] == [f"{app}:{browsers[1].cookie}".encode()]
        await moved[0].post("/clear")
        # Neither the previous cookie nor the one of a browser that had it too opens a session
        # again.
        assert await Browser(site, browsers[0].cookie).read() == {}
        assert await late.read() == {}
        assert await moved[1].read() == {"user": "ann", "cart": 1}
        assert await store.end_all("ann") == 1
        assert await Browser(site, "unknown").read() == {}

    in_a_loop(server.path, run)


def test_a_session_that_is_moved_too_late_stays_ended(server: Server, app: str) -> None:
    class Late(RedisStore):
        async def read(self, session_id: str, lifetime: int) -> bytes:
            found: bytes = await super().read(session_id, lifetime)
            await super().remove(session_id)
            return found

    async def run(client: Any) -> None:
        browser = Browser(usual(client, app))
        await browser.post("/set", {"user": "ann"})
        store = SessionsStore(client, app=app, from_=Late(connection=client, prefix=f"{app}:"))
        assert await Browser(a_site(middleware=with_store(store)), browser.cookie).read() == {}
        assert await store.sessions.count() == 0

    in_a_loop(server.path, run)


def test_what_another_store_wrote_is_no_error(server: Server, app: str) -> None:
    async def run(client: Any) -> None:
        await client.set(f"{app}:odd", json.dumps({"a": 1}))
        store = SessionsStore(client, app=app, from_=RedisStore(connection=client, prefix=f"{app}:"))
        assert await Browser(a_site(middleware=with_store(store)), "odd").read() == {"a": 1}

    in_a_loop(server.path, run)


def test_in_a_cluster_a_move_to_tokens_is_refused_at_the_start(cluster: list[Server]) -> None:
    client = redis.asyncio.RedisCluster(host="127.0.0.1", port=cluster[0].port)
    before = RedisStore(connection=redis.asyncio.Redis())
    with pytest.raises(ValueError, match="in a cluster sessions of another store"):
        SessionsStore(client, app="shop", from_=before)
