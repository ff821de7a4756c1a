"""A site on Starlette whose sessions a test reads, changes and holds."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import httpx2 as httpx
import redis.asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sessions_for_redis.starlette import SessionsMiddleware, SessionsStore


class Gate:
    """A request waits here; the test waits until it has arrived."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()
        self.go = asyncio.Event()

    async def wait(self) -> None:
        self.arrived.set()
        await asyncio.wait_for(self.go.wait(), 60)


_gates: dict[str, Gate] = {}


async def read(request: Request) -> JSONResponse:
    return JSONResponse(dict(request.session))


async def change(request: Request) -> JSONResponse:
    if name := request.query_params.get("gate"):
        await _gates[name].wait()
    request.session.update(await request.json())
    return JSONResponse(None)


async def delete(request: Request) -> JSONResponse:
    for name in await request.json():
        del request.session[name]
    return JSONResponse(None)


async def clear(request: Request) -> JSONResponse:
    request.session.clear()
    return JSONResponse(None)


async def public(request: Request) -> JSONResponse:
    return JSONResponse("nothing of the session")


def a_site(*routes: Route, middleware: Callable[[Starlette], Any]) -> Starlette:
    usual = [
        Route("/read", read),
        Route("/set", change, methods=["POST"]),
        Route("/delete", delete, methods=["POST"]),
        Route("/clear", clear, methods=["POST"]),
        Route("/public", public),
    ]
    site = Starlette(routes=[*routes, *usual])
    middleware(site)
    return site


def with_store(store: SessionsStore, **options: Any) -> Callable[[Starlette], None]:
    return lambda site: site.add_middleware(SessionsMiddleware, store=store, **options)


def user(session: Any) -> object:
    return session.get("user")


class Browser:
    """A client of the site in the same event loop."""

    def __init__(self, site: Any, cookie: str | None = None) -> None:
        self._site = site
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(site, raise_app_exceptions=False), base_url="http://site"
        )
        if cookie is not None:
            self._client.cookies.set("session", cookie, domain="site.local")

    @property
    def cookie(self) -> str | None:
        return self._client.cookies.get("session")

    async def get(self, path: str) -> httpx.Response:
        return await self._client.get(path)

    async def read(self) -> Any:
        return (await self.get("/read")).json()

    async def post(self, path: str, data: Any = None, status: int = 200) -> httpx.Response:
        response = await self._client.post(path, json=data or {}, headers={"User-Agent": "test"})
        assert response.status_code == status, response.text
        return response

    async def hold(self, data: Any) -> Callable[[], Awaitable["Browser"]]:
        """Starts a slow request of the same visitor.

        The function lets it go and returns what the browser has then.
        """
        name = str(len(_gates))
        gate = _gates[name] = Gate()
        same = Browser(self._site, self.cookie)
        request = asyncio.create_task(same.post(f"/set?gate={name}", data))
        await asyncio.wait_for(gate.arrived.wait(), 60)

        async def go() -> Browser:
            gate.go.set()
            await request
            return same

        return go


def in_a_loop(path: str, run: Callable[[Any], Coroutine[Any, Any, None]], **options: Any) -> None:
    """Runs a test in an event loop of its own, with a client of its own."""

    async def main() -> None:
        async with redis.asyncio.Redis(unix_socket_path=path, **options) as client:
            await run(client)

    asyncio.run(main())
