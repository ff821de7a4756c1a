"""Sessions of Starlette and FastAPI: a store, and the middleware that gives each request its `request.session`."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias
from weakref import WeakKeyDictionary

import redis.asyncio
import starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ._cookies import FormName, cookie_value
from ._keeper import Keeper
from ._loaded import NO_DEVICE, Loaded, Saving, device
from ._options import Options, Owner
from .session import Session
from .sessions import AsyncSessions

__all__ = ["SessionsMiddleware", "SessionsStore"]

# Older versions do not say when `request.session` is read: there each page is said to depend on the cookie.
_TELLS_OF_ACCESS = int(starlette.__version__.partition(".")[0]) >= 1

Client: TypeAlias = redis.asyncio.Redis | redis.asyncio.RedisCluster


class RequestSession(dict[str, Any]):
    """The session of a request. What is stored is found by comparison, so that a change in a nested value is enough."""

    def __init__(self, data: Mapping[str, Any], loaded: Loaded, cookie: str | None) -> None:
        super().__init__(data)
        self.loaded = loaded
        self.cookie = cookie
        self.device = NO_DEVICE
        #: The cookie's age, if it has one: so long an unused session lives.
        self.ttl: int | None = None
        self.was_accessed = not _TELLS_OF_ACCESS
        #: Why it cannot be changed any more.
        self.closed: str | None = None

    def mark_accessed(self) -> None:
        """Called by Starlette where `request.session` is read."""
        self.was_accessed = True

    def changes(self) -> None:
        if self.closed is not None:
            raise RuntimeError(self.closed)

    def __setitem__(self, name: str, value: Any) -> None:
        self.changes()
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        self.changes()
        super().__delitem__(name)

    def clear(self) -> None:
        self.changes()
        super().clear()

    def pop(self, *arguments: Any) -> Any:
        self.changes()
        return super().pop(*arguments)

    def popitem(self) -> tuple[str, Any]:
        self.changes()
        return super().popitem()

    def setdefault(self, name: str, default: Any = None) -> Any:
        if name not in self:
            self.changes()
        return super().setdefault(name, default)

    def update(self, *arguments: Any, **items: Any) -> None:
        self.changes()
        super().update(*arguments, **items)

    def __ior__(self, other: Any) -> "RequestSession":  # type: ignore[override,misc]
        self.update(other)
        return self


_SAVED = "the session was stored when the response began: change it before"
_READ_ONLY = "the session of a websocket is read only: a websocket has no response that could set its cookie"


class SessionsStore:
    """Where the sessions are, and what can be done with them. The options are those of the README.

    `client` is your own client of redis.asyncio, which belongs to one event loop, or a function that makes one: it is
    called once in each event loop.
    """

    def __init__(
        self,
        client: Client | Callable[[], Client],
        *,
        app: str,
        cookie: FormName = "token",
        secrets: Sequence[str] = (),
        ttl: int = 86_400,
        lifetime: int | None = None,
        id: Owner | Literal[False] | None = None,
        max: int | None = None,
        reject: bool = False,
        merge: bool = True,
    ) -> None:
        self.options = Options(
            cookie=cookie,
            secrets=secrets,
            ttl=ttl,
            lifetime=lifetime,
            id=id,
            max=max,
            reject=reject,
            merge=merge,
        )
        self._app = app
        self._make = client if callable(client) else None
        self._made: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[AsyncSessions, Keeper]] = WeakKeyDictionary()
        self._only = None if callable(client) else self._with(client)

    def _with(self, client: Client) -> tuple[AsyncSessions, Keeper]:
        sessions = AsyncSessions(client, app=self._app)
        return sessions, Keeper(sessions.site, self.options)

    def _here(self) -> tuple[AsyncSessions, Keeper]:
        if self._only is not None:
            return self._only
        loop = asyncio.get_running_loop()
        made = self._made.get(loop)
        if made is None:
            assert self._make is not None  # noqa: S101
            made = self._made[loop] = self._with(self._make())
        return made

    @property
    def sessions(self) -> AsyncSessions:
        """The commands, by the client of this event loop."""
        return self._here()[0]

    async def read(self, cookie: str | None) -> RequestSession:
        sessions, keeper = self._here()
        found = await sessions.sender.run(keeper.read(cookie))
        if found is None:
            return RequestSession({}, keeper.fresh(), cookie)
        return RequestSession(found[1].d, found[0], cookie)

    async def write(self, session: RequestSession) -> bool:
        """Stores what differs; an empty session ends. Returns whether there is a session."""
        sessions, keeper = self._here()
        loaded = session.loaded
        if not session and (loaded.is_new or loaded.fields):
            await sessions.sender.run(keeper.end(loaded))
            return False
        ttl = self.options.ttl if session.ttl is None else session.ttl
        saving = Saving(data=session, ttl=ttl, device=session.device)
        return await sessions.sender.run(keeper.save(loaded, saving))

    async def save(self, request: HTTPConnection) -> bool:
        """Stores the session of the request now, for example to learn whether a log-in is refused with LimitError.

        Returns whether the session is alive. The cookie is set with the response.
        """
        session = _session_of(request)
        session.changes()
        return await self.write(session)

    async def renew(self, request: HTTPConnection) -> bool:
        """Gives the session of the request a new cookie value, as a log-in does. Returns whether it is alive."""
        sessions, keeper = self._here()
        session = _session_of(request)
        session.changes()
        return await sessions.sender.run(keeper.renew(session.loaded))

    async def sessions_of(self, id: str | int) -> list[Session]:
        """A user's sessions, most recently active first: the devices."""
        sessions, keeper = self._here()
        return await sessions.sender.run(keeper.sessions_of(id))

    async def end_others(self, request: HTTPConnection) -> int:
        """Ends the other sessions of the request's user; returns how many."""
        sessions, keeper = self._here()
        session = _session_of(request)
        return await sessions.sender.run(keeper.end_others(session.loaded, session))

    async def end_all(self, id: str | int, *, only: str | None = None) -> int:
        """Ends all sessions of a user, or the one with a sid; returns how many."""
        sessions, keeper = self._here()
        return await sessions.sender.run(keeper.end_all(id, only))


def _session_of(request: HTTPConnection) -> RequestSession:
    session = request.scope.get("session")
    if not isinstance(session, RequestSession):
        raise TypeError("the session of this request is not one of SessionsMiddleware")
    return session


class SessionsMiddleware:
    """Gives each request its `request.session`. The arguments but `store` are those of Starlette's SessionMiddleware.

    `max_age`: seconds that the browser keeps the cookie after its last use, and the session lives; without it, until
    the browser is closed.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        store: SessionsStore,
        session_cookie: str = "session",
        max_age: int | None = None,
        path: str = "/",
        same_site: Literal["lax", "strict", "none"] = "lax",
        https_only: bool = False,
        domain: str | None = None,
    ) -> None:
        self._app = app
        self._store = store
        self._name = session_cookie
        self._max_age = max_age
        self._rules: dict[str, Any] = {
            "path": path,
            "samesite": same_site,
            "secure": https_only,
            "httponly": True,
            "domain": domain,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        cookies = (value for name, value in scope["headers"] if name == b"cookie")
        session = await self._store.read(cookie_value(cookies, self._name))
        scope["session"] = session
        if scope["type"] == "websocket":
            session.closed = _READ_ONLY
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        session.device = device(client and client[0], Headers(scope=scope).get("user-agent"))
        session.ttl = self._max_age

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and session.closed is None:
                session.closed = _SAVED
                await self._save(session, MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, send_with_cookie)

    async def _save(self, session: RequestSession, headers: MutableHeaders) -> None:
        if session.was_accessed:
            headers.add_vary_header("Cookie")
        is_alive = await self._store.write(session)
        value = session.loaded.value
        response = Response()
        if is_alive and value is not None and (value != session.cookie or self._max_age is not None):
            response.set_cookie(self._name, value, max_age=self._max_age, **self._rules)
        elif not is_alive and value is not None:
            response.delete_cookie(self._name, **self._rules)
        else:
            return
        headers.append("set-cookie", response.headers["set-cookie"])
        headers.add_vary_header("Cookie")
