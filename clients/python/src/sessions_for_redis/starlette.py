"""Sessions of Starlette and FastAPI: a store, and the middleware that gives each request its
`request.session`.
"""

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from typing import Literal, Protocol, TypeAlias

import redis.asyncio
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ._before import check_move, moved_value, storable
from ._cookies import FormName, cookie_value
from ._keeper import Keeper
from ._loaded import Loaded, Saving, device
from ._options import Options, Owner
from ._request_session import READ_ONLY, SAVED, RequestSession
from .session import Session
from .sessions import AsyncSessions

__all__ = ["SessionsMiddleware", "SessionsStore"]

Client: TypeAlias = redis.asyncio.Redis | redis.asyncio.RedisCluster


class Before(Protocol):
    """A store of starsessions, such as its RedisStore."""

    async def read(self, session_id: str, lifetime: int) -> bytes: ...

    async def remove(self, session_id: str) -> None: ...


# The characters that are allowed in a cookie's name.
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# The key that starsessions adds to the data of a session.
_METADATA = "__metadata__"


class SessionsStore:
    """The store of the sessions, and the methods for them. The README describes the options.

    `client` is your own client of redis.asyncio, which belongs to one event loop, or a function
    that makes one, which is called once in each event loop.
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
        from_: Before | None = None,
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
        if from_ is not None and not (hasattr(from_, "read") and hasattr(from_, "remove")):
            raise TypeError("from_ must be a store of starsessions")
        self._app = app
        self._from = from_
        self._make = client if callable(client) else None
        self._made: dict[asyncio.AbstractEventLoop, tuple[AsyncSessions, Keeper]] = {}
        self._only = None if callable(client) else self._with(client)

    def _with(self, client: Client) -> tuple[AsyncSessions, Keeper]:
        sessions = AsyncSessions(client, app=self._app)
        keeper = Keeper(sessions.site, self.options)
        if self._from is not None:
            check_move(keeper.form, sessions.is_cluster)
        return sessions, keeper

    def _here(self) -> tuple[AsyncSessions, Keeper]:
        if self._only is not None:
            return self._only
        loop = asyncio.get_running_loop()
        made = self._made.get(loop)
        if made is None:
            # A client refers to its loop, so the loops that have ended must be removed here.
            for ended in [each for each in list(self._made) if each.is_closed()]:
                del self._made[ended]
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
        if found is None and cookie is not None and self._from is not None:
            found = await self._move(self._from, cookie)
        if found is None:
            return RequestSession({}, keeper.fresh(), cookie)
        return RequestSession(found[1].d, found[0], cookie)

    async def _move(self, before: Before, cookie: str) -> tuple[Loaded, Session] | None:
        """Moves a session from the previous store, and reads it."""
        sessions, keeper = self._here()
        value = moved_value(keeper.form, cookie)
        # Another request has moved the session, and this browser has not got the response.
        found = await sessions.sender.run(keeper.read(value)) if value != cookie else None
        text = await before.read(session_id=cookie, lifetime=0) if found is None else b""
        if not text:
            return found
        data = {name: part for name, part in json.loads(text).items() if name != _METADATA}
        saving = Saving(data=storable(data), ttl=self.options.ttl)
        has_taken = await sessions.sender.run(keeper.take_over(value, saving))
        found = await sessions.sender.run(keeper.read(value))
        if not has_taken:
            return found  # Another request moves it, and removes it there.
        if not await before.read(session_id=cookie, lifetime=0):
            # The session was ended there, or moved and ended, after it was read.
            if found is not None:
                await sessions.sender.run(keeper.end(found[0]))
            return None
        await before.remove(cookie)
        return found

    async def write(self, session: RequestSession) -> bool:
        """Stores what differs. An empty session ends. Returns whether there is a session."""
        sessions, keeper = self._here()
        loaded = session.loaded
        if not session and (loaded.is_new or loaded.fields):
            await sessions.sender.run(keeper.end(loaded))
            if not loaded.is_new:
                # Data that the request adds later begin another session.
                session.has_ended, session.loaded = True, keeper.fresh()
            return False
        ttl = self.options.ttl if session.ttl is None else session.ttl
        saving = Saving(data=session, ttl=ttl, device=session.device)
        return await sessions.sender.run(keeper.save(loaded, saving))

    async def save(self, request: HTTPConnection) -> bool:
        """Stores the session of the request now, for example to find out whether a log-in raises
        LimitError.

        Returns whether the session exists. The cookie is set with the response.
        """
        session = _session_of(request)
        session.changes()
        return await self.write(session)

    async def renew(self, request: HTTPConnection) -> bool:
        """Gives the session of the request a new cookie value, as a log-in does.

        Returns whether the session exists.
        """
        sessions, keeper = self._here()
        session = _session_of(request)
        session.changes()
        return await sessions.sender.run(keeper.renew(session.loaded))

    async def sessions_of(self, id: str | int) -> list[Session]:
        """A user's sessions, most recently active first."""
        sessions, keeper = self._here()
        return await sessions.sender.run(keeper.sessions_of(id))

    def sid_of(self, request: HTTPConnection) -> str | None:
        """The sid of the request's session, to find this device in the result of `sessions_of`.

        None: nothing is stored.
        """
        return _session_of(request).sid

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
        raise TypeError("the session of this request was not created by SessionsMiddleware")
    return session


class SessionsMiddleware:
    """Gives each request its `request.session`.

    All arguments except `store` are the same as in Starlette's SessionMiddleware.

    `max_age`: the number of seconds after the last use for which the browser keeps the cookie and
    the session exists. Without it the browser keeps the cookie until it is closed.
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
        partitioned: bool = False,
    ) -> None:
        if not isinstance(store, SessionsStore):
            raise TypeError("store must be a SessionsStore")
        if not _NAME.fullmatch(session_cookie):
            raise ValueError("session_cookie must be a cookie name of letters, digits and !#$%&'*+-.^_`|~")
        # A bool is an int.
        if max_age is not None and not (type(max_age) is int and max_age > 0):
            raise ValueError("max_age must be a whole number above 0, or None")
        if same_site.lower() not in ("lax", "strict", "none"):
            raise ValueError("same_site must be lax, strict or none")
        self._app = app
        self._store = store
        self._name = session_cookie
        self._max_age = max_age
        rules = [f"Domain={domain}"] if domain is not None else []
        rules += ["HttpOnly", f"Path={path}", f"SameSite={same_site}"]
        rules += [word for word, is_set in (("Secure", https_only), ("Partitioned", partitioned)) if is_set]
        self._rules = "; ".join(rules)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        cookies = (value for name, value in scope["headers"] if name == b"cookie")
        session = await self._store.read(cookie_value(cookies, self._name))
        scope["session"] = session
        if scope["type"] == "websocket":
            session.close(READ_ONLY)
            await self._app(scope, receive, send)
            session.check()
            return
        client = scope.get("client")
        session.device = device(client and client[0], Headers(scope=scope).get("user-agent"))
        session.ttl = self._max_age

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and session.closed is None:
                session.close(SAVED)
                await self._save(session, MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, send_with_cookie)
        session.check()

    async def _save(self, session: RequestSession, headers: MutableHeaders) -> None:
        if session.was_accessed:
            headers.add_vary_header("Cookie")
        is_alive = await self._store.write(session)
        value = session.loaded.value
        if is_alive and value is not None and (value != session.cookie or self._max_age is not None):
            age = "" if self._max_age is None else f"; Max-Age={self._max_age}"
            cookie = f"{self._name}={value}{age}; {self._rules}"
        elif not is_alive and (value is not None or session.has_ended):
            cookie = f'{self._name}=""; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; {self._rules}'
        else:
            return
        headers.append("set-cookie", cookie)
        headers.add_vary_header("Cookie")
