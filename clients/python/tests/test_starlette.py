"""Starlette's sessions: in one event loop, by Starlette's own test client, and by uvicorn."""

import asyncio
import hashlib
import threading
from typing import Any

import httpx2 as httpx
import pytest
import redis.asyncio
import starlette
import uvicorn
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket
from support.server import Server, a_server, until
from support.starlette_site import Browser, a_site, in_a_loop, user, with_store

from sessions_for_redis import LimitError
from sessions_for_redis.starlette import SessionsMiddleware, SessionsStore

TELLS_OF_ACCESS = int(starlette.__version__.partition(".")[0]) >= 1


def test_the_cookie_is_the_token_and_what_json_holds_is_stored(server: Server, app: str) -> None:
    async def run(client: Any) -> None:
        store = SessionsStore(client, app=app)
        browser = Browser(a_site(middleware=with_store(store)))
        header = (await browser.post("/set", {"cart": [1, {"n": 2}]})).headers["Set-Cookie"]
        assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(header.split("; "))
        stored = await store.sessions.peek(browser.cookie or "")
        assert stored is not None
        assert (stored.d, stored.ttl, stored.id) == ({"cart": [1, {"n": 2}]}, 86_400, None)
        assert (stored.ip, stored.ua) == ("127.0.0.1", "test")
        assert await browser.read() == {"cart": [1, {"n": 2}]}
        assert "Set-Cookie" not in (await browser.get("/read")).headers

    in_a_loop(server.path, run)


def test_visitors_without_data_get_no_session_and_no_cookie(server: Server, app: str) -> None:
    async def run(client: Any) -> None:
        store = SessionsStore(client, app=app)
        browser = Browser(a_site(middleware=with_store(store)))
        assert "Set-Cookie" not in (await browser.get("/read")).headers
        assert await store.sessions.count() == 0

    in_a_loop(server.path, run)


def test_vary_says_that_the_page_depends_on_the_cookie_only_where_the_session_was_used(
    server: Server, app: str
) -> None:
    async def run(client: Any) -> None:
        browser = Browser(a_site(middleware=with_store(SessionsStore(client, app=app))))
        # Older versions of Starlette do not say when the session is read.
        assert ("Vary" in (await browser.get("/public")).headers) == (not TELLS_OF_ACCESS)
        assert "Cookie" in (await browser.get("/read")).headers["Vary"]
        assert "Cookie" in (await browser.post("/set", {"a": 1})).headers["Vary"]

    in_a_loop(server.path, run)


def test_with_max_age_the_cookie_and_the_session_live_so_long_after_their_last_use(server: Server, app: str) -> None:
    async def run(client: Any) -> None:
        store = SessionsStore(client, app=app)
        options = {"max_age": 900, "https_only": True, "same_site": "strict", "path": "/", "domain": "site.local"}
        browser = Browser(a_site(middleware=with_store(store, **options)))
        header = (await browser.post("/set", {"a": 1})).headers["Set-Cookie"]
        assert {"Max-Age=900", "Secure", "SameSite=strict", "Domain=site.local"} <= set(header.split("; "))
        [session] = await store.sessions.soapp(0, with_tokens=True)
        assert session.ttl == 900
        same = Browser(a_site(middleware=with_store(store, max_age=900)), session.token)
        assert "Max-Age=900" in (await same.get("/read")).headers["Set-Cookie"]

    in_a_loop(server.path, run)


def test_two_requests_at_once_that_change_different_keys_lose_nothing(server: Server, app: str) -> None:
    async def run(client: Any) -> None:
        browser = Browser(a_site(middleware=with_store(SessionsStore(client, app=app))))
        await browser.post("/set", {"user": 1, "gone": 1})
        one, two = await browser.hold({"a": 1}), await browser.hold({"b": {"deep": [1]}})
        await browser.post("/delete", ["gone"])
        await one()
        await two()
        assert await browser.read() == {"user": 1, "a": 1, "b": {"deep": [1]}}

    in_a_loop(server.path, run)


def test_a_session_that_was_ended_during_a_slow_request_stays_dead_and_its_cookie_goes(
    server: Server, app: str
) -> None:
    async def run(client: Any) -> None:
        store = SessionsStore(client, app=app)
        browser = Browser(a_site(middleware=with_store(store)))
        await browser.post("/set", {"user": "ann"})
        go = await browser.hold({"seen": 1})
        await browser.post("/clear")
        assert browser.cookie is None
        assert (await go()).cookie is None
        assert await store.sessions.count() == 0

    in_a_loop(server.path, run)


def test_a_log_in_gets_a_new_token_and_keeps_the_cart_and_users_are_listed_and_ended(server: Server, app: str) -> None:
    async def run(client: Any) -> None:
        store = SessionsStore(client, app=app, id=user, max=3)

        async def others(request: Request) -> JSONResponse:
            mine: Any = request.session
            assert store.sid_of(request) == mine.sid
            assert mine.sid in [session.sid for session in await store.sessions_of("ann")]
            return JSONResponse(await store.end_others(request))

        site = a_site(Route("/others", others, methods=["POST"]), middleware=with_store(store))
        browsers = [Browser(site) for _ in range(2)]
        for browser in browsers:
            await browser.post("/set", {"cart": 3})
            planted = browser.cookie
            slow = await browser.hold({"cart": 4})
            await browser.post("/set", {"user": "ann"})
            assert browser.cookie != planted
            assert await Browser(site, planted).read() == {}
            await slow()
            assert await browser.read() == {"cart": 3, "user": "ann"}
        assert [session.ua for session in await store.sessions_of("ann")] == ["test", "test"]
        assert (await browsers[0].post("/others")).json() == 1
        assert await browsers[1].read() == {}
        [session] = await store.sessions_of("ann")
        assert await store.end_all("ann", only="0" * 16) == 0
        assert await store.end_all("ann", only=session.sid) == 1
        assert await store.end_all("ann") == 0

    in_a_loop(server.path, run)


def test_reject_can_be_caught_in_the_endpoint_and_renew_gives_a_new_cookie(server: Server, app: str) -> None:
    async def run(client: Any) -> None:
        store = SessionsStore(client, app=app, id=user, max=1, reject=True)

        async def careful(request: Request) -> JSONResponse:
            request.session["user"] = "ann"
            try:
                await store.save(request)
            except LimitError:
                del request.session["user"]
                return JSONResponse("too many")
            return JSONResponse("done")

        async def renew(request: Request) -> JSONResponse:
            return JSONResponse(await store.renew(request))

        site = a_site(
            Route("/careful", careful, methods=["POST"]),
            Route("/renew", renew, methods=["POST"]),
            middleware=with_store(store),
        )
        first, second = Browser(site), Browser(site)
        assert (await first.post("/careful")).json() == "done"
        assert (await second.post("/careful")).json() == "too many"
        await second.post("/set", {"user": "ann"}, status=500)
        assert await second.read() == {}
        before = first.cookie
        assert (await first.post("/renew")).json() is True
        assert first.cookie not in (None, before)
        assert await first.read() == {"user": "ann"}

    in_a_loop(server.path, run)


def test_a_change_after_the_response_has_begun_raises(server: Server, app: str) -> None:
    async def run(client: Any) -> None:
        raised: list[Exception] = []

        async def streaming(request: Request) -> StreamingResponse:
            session: Any = request.session
            session["a"] = 1

            async def body() -> Any:
                yield "first"
                for late in (
                    lambda: session.__setitem__("b", 1),
                    lambda: session.__delitem__("a"),
                    lambda: session.update(b=1),
                    lambda: session.pop("a"),
                    lambda: session.setdefault("b", 1),
                    lambda: session.__ior__({"b": 1}),
                    session.popitem,
                    session.clear,
                ):
                    try:
                        late()
                    except RuntimeError as error:
                        raised.append(error)
                assert session.setdefault("a") == 1
                assert session.pop("none", 7) == 7
                yield "last"

            return StreamingResponse(body())

        store = SessionsStore(client, app=app)
        browser = Browser(a_site(Route("/stream", streaming), middleware=with_store(store)))
        assert (await browser.get("/stream")).text == "firstlast"
        assert len(raised) == 8
        assert "was stored when the response began" in str(raised[0])
        assert await browser.read() == {"a": 1}

    in_a_loop(server.path, run)


def test_a_late_change_in_a_nested_value_raises_too(server: Server, app: str) -> None:
    async def run(client: Any) -> None:
        async def later(request: Request) -> JSONResponse:
            request.session["list"] = [1]
            session = request.session
            return JSONResponse(None, background=BackgroundTask(lambda: session["list"].append(2)))

        site = a_site(Route("/later", later), middleware=with_store(SessionsStore(client, app=app)))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url="http://site") as browser:
            with pytest.raises(RuntimeError, match="was stored when the response began"):
                await browser.get("/later")

    in_a_loop(server.path, run)


def test_the_cookie_can_be_partitioned(server: Server, app: str) -> None:
    async def run(client: Any) -> None:
        options: Any = {"partitioned": True, "https_only": True, "same_site": "none"}
        browser = Browser(a_site(middleware=with_store(SessionsStore(client, app=app), **options)))
        header = (await browser.post("/set", {"a": 1})).headers["Set-Cookie"]
        assert {"Partitioned", "Secure", "SameSite=none"} <= set(header.split("; "))

    in_a_loop(server.path, run)


def test_what_json_cannot_hold_is_refused_by_name(server: Server, app: str) -> None:
    async def run(client: Any) -> None:
        async def odd(request: Request) -> JSONResponse:
            request.session["seen"] = {1}
            return JSONResponse(None)

        site = a_site(Route("/odd", odd), middleware=with_store(SessionsStore(client, app=app)))
        with pytest.raises(TypeError, match="seen is a set, which JSON cannot represent"):
            await httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url="http://site").get("/odd")

    in_a_loop(server.path, run)


@pytest.mark.parametrize(
    "options", [{"cookie": "sha256"}, {"cookie": "signed", "secrets": ["cats"]}], ids=["sha256", "signed"]
)
def test_the_hashed_forms_of_the_cookie_work_the_same(server: Server, app: str, options: Any) -> None:
    async def run(client: Any) -> None:
        store = SessionsStore(client, app=app, id=user, **options)
        browser = Browser(a_site(middleware=with_store(store)))
        await browser.post("/set", {"cart": 1})
        before = browser.cookie
        await browser.post("/set", {"user": 7})
        assert browser.cookie != before
        assert await browser.read() == {"cart": 1, "user": 7}
        assert len(await store.sessions_of(7)) == 1

    in_a_loop(server.path, run)


def test_in_a_cluster_a_log_in_moves_to_the_users_slot(cluster: list[Server], app: str) -> None:
    async def run() -> None:
        async with redis.asyncio.RedisCluster(host="127.0.0.1", port=cluster[0].port) as client:
            store = SessionsStore(client, app=app, id=user)
            browser = Browser(a_site(middleware=with_store(store)))
            await browser.post("/set", {"cart": 1})
            await browser.post("/set", {"user": "ann"})
            assert await browser.read() == {"cart": 1, "user": "ann"}
            assert len(await store.sessions_of("ann")) == 1
            assert await store.sessions.count() == 1
            with pytest.raises(ValueError, match="`id` cannot be used in a cluster"):
                SessionsStore(client, app=app, id=user, cookie="sha256")

    asyncio.run(run())


def test_a_function_makes_a_client_for_each_event_loop(server: Server, app: str) -> None:
    made: list[Any] = []

    def make() -> Any:
        made.append(redis.asyncio.Redis(unix_socket_path=server.path))
        return made[-1]

    store = SessionsStore(make, app=app)
    site = a_site(middleware=with_store(store))
    cookie: str | None = None
    # Starlette's test client has an event loop of its own each time.
    for number in range(2):
        with TestClient(site) as browser:
            if cookie is not None:
                browser.cookies.set("session", cookie)
            for name in ("a", "b"):
                browser.post("/set", json={f"{name}{number}": number})
            cookie = browser.cookies["session"]
            keys = len(browser.get("/read").json())
    assert (len(made), keys) == (2, 4)
    assert len(store._made) == 1, "the client of a loop that has ended is freed"


def test_a_cookie_is_read_as_the_bytes_that_it_is(server: Server, app: str) -> None:
    async def run(client: Any) -> None:
        store = SessionsStore(client, app=app, cookie="sha256")
        value = b"\xe4\xf6"
        await store.sessions.save(hashlib.sha256(value).hexdigest(), {"a": 1})
        site = a_site(middleware=with_store(store))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url="http://site") as browser:
            reply = await browser.get("/read", headers=[(b"cookie", b"session=" + value)])
        assert reply.json() == {"a": 1}

    in_a_loop(server.path, run)


def test_the_session_of_a_websocket_can_only_be_read(server: Server, app: str) -> None:
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_json(dict(websocket.session))
        try:
            websocket.session["b"] = 1
        except RuntimeError as error:
            await websocket.send_text(str(error))
        await websocket.close()

    store = SessionsStore(lambda: redis.asyncio.Redis(unix_socket_path=server.path), app=app)
    site = a_site(WebSocketRoute("/socket", socket), middleware=with_store(store))  # type: ignore[arg-type]
    with TestClient(site) as browser:
        browser.post("/set", json={"a": 1})
        with browser.websocket_connect("/socket") as opened:
            assert opened.receive_json() == {"a": 1}
            assert "is read only" in opened.receive_text()
        assert browser.get("/read").json() == {"a": 1}


def test_redis_away_is_a_page_of_error_and_works_again(app: str) -> None:
    with a_server() as server:

        async def run(client: Any) -> None:
            browser = Browser(a_site(middleware=with_store(SessionsStore(client, app=app))))
            await browser.post("/set", {"a": 1})
            server.stop()
            assert (await browser.get("/read")).status_code == 500
            server.start()
            assert await browser.read() == {}
            await browser.post("/set", {"a": 2})
            assert await browser.read() == {"a": 2}

        in_a_loop(server.path, run, retry=Retry(NoBackoff(), 0))


def test_uvicorn_serves_browsers_in_parallel(server: Server, app: str) -> None:
    store = SessionsStore(lambda: redis.asyncio.Redis(unix_socket_path=server.path), app=app)
    running = uvicorn.Server(
        uvicorn.Config(a_site(middleware=with_store(store)), port=0, log_level="error", lifespan="off")
    )
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        until("uvicorn serves", lambda: running.started)
        port = running.servers[0].sockets[0].getsockname()[1]

        async def visit() -> None:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as browser:
                await browser.post("/set", json={"user": 1})
                await asyncio.gather(*(browser.post("/set", json={f"key{n}": n}) for n in range(24)))
                shown = (await browser.get("/read")).json()
                assert shown == {"user": 1, **{f"key{n}": n for n in range(24)}}

        asyncio.run(visit())
    finally:
        running.should_exit = True
        thread.join()


def test_a_store_of_the_wrong_kind_of_client_is_refused_at_the_start() -> None:
    with pytest.raises(TypeError, match="use Sessions"):
        SessionsStore(redis.Redis(), app="shop")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="ttl must be"):
        SessionsStore(redis.asyncio.Redis(), app="shop", ttl=0)
    with pytest.raises(TypeError, match="not created by SessionsMiddleware"):
        asyncio.run(SessionsStore(redis.asyncio.Redis(), app="shop").save(Request({"type": "http", "headers": []})))
    assert SessionsMiddleware(Starlette(), store=SessionsStore(redis.asyncio.Redis(), app="shop"))


@pytest.mark.parametrize("again", [{}, {"b": 2}], ids=["nothing", "data"])
def test_what_follows_the_end_of_a_session_in_the_same_request_is_another_one(
    server: Server, app: str, again: dict[str, Any]
) -> None:
    async def run(client: Any) -> None:
        store = SessionsStore(client, app=app)

        async def restart(request: Request) -> JSONResponse:
            request.session.clear()
            assert await store.save(request) is False
            assert store.sid_of(request) is None
            request.session.update(again)
            return JSONResponse(None)

        browser = Browser(a_site(Route("/restart", restart, methods=["POST"]), middleware=with_store(store)))
        await browser.post("/set", {"a": 1})
        before = browser.cookie
        await browser.post("/restart")
        assert browser.cookie != before
        assert (browser.cookie is None) == (not again)
        assert await browser.read() == again
        assert await store.sessions.count() == len(again)

    in_a_loop(server.path, run)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"store": redis.asyncio.Redis()}, "store must be a SessionsStore"),
        ({"max_age": 0}, "max_age must be a whole number above 0, or None"),
        ({"max_age": 1.5}, "max_age must be"),
        ({"max_age": True}, "max_age must be"),
        ({"same_site": "always"}, "same_site must be lax, strict or none"),
        ({"session_cookie": ""}, "session_cookie must be"),
        ({"session_cookie": "a;b"}, "session_cookie must be"),
    ],
)
def test_wrong_arguments_of_the_middleware_are_errors_at_the_start(given: Any, text: str) -> None:
    store = SessionsStore(redis.asyncio.Redis(), app="shop")
    with pytest.raises((TypeError, ValueError), match=text):
        SessionsMiddleware(Starlette(), **{"store": store, **given})
    with pytest.raises(TypeError, match="from_ must be"):
        SessionsStore(redis.asyncio.Redis(), app="shop", from_="starsessions")  # type: ignore[arg-type]
