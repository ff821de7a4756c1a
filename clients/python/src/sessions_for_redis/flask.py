"""Sessions of Flask: `app.session_interface = SessionsInterface(client, app="shop")`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import flask
from flask.sessions import SecureCookieSessionInterface, SessionInterface, SessionMixin
from werkzeug.datastructures import CallbackDict

from ._before import check_move, moved_value, storable
from ._cookies import FormName, cookie_value
from ._keeper import Keeper
from ._loaded import Device, Loaded, Saving, device
from ._options import Options, Owner
from .session import Session
from .sessions import Sessions

if TYPE_CHECKING:
    import redis

__all__ = ["SessionsInterface"]

# Flask itself keeps this key in each permanent session: a session without other keys is empty.
_PERMANENT = {"_permanent"}


def _flask_login(data: Mapping[str, Any]) -> object:
    return data.get("_user_id")


def _modified(session: "FlaskSession") -> None:
    session.modified = session.accessed = True


class FlaskSession(CallbackDict[str, Any], SessionMixin):
    """The session of a request.

    Changes are found by comparison, so a change in a nested value is stored.
    """

    modified = False
    accessed = False

    def __init__(self, loaded: Loaded, data: dict[str, Any], cookie: str | None, device: Device) -> None:
        super().__init__(data, _modified)
        self.loaded = loaded
        self.cookie = cookie
        self.device = device
        #: Whether storing has failed: Flask stores the session again after it has made the error
        #: page.
        self.has_failed = False

    # In Flask before 3.1.3 the session itself must notice that it is read.
    def __getitem__(self, name: str) -> Any:
        self.accessed = True
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.accessed = True
        return super().get(name, default)

    @property
    def new(self) -> bool:  # type: ignore[override]
        return self.loaded.is_new

    @property
    def sid(self) -> str | None:
        """The sid of the stored session, as in lists of devices: it gives no access."""
        return self.loaded.sid

    @property
    def is_empty(self) -> bool:
        return self.keys() <= _PERMANENT


def _own(session: SessionMixin) -> FlaskSession:
    if not isinstance(session, FlaskSession):
        raise TypeError("the session of this request was not created by SessionsInterface")
    return session


class SessionsInterface(SessionInterface):
    """Keeps Flask's sessions in Redis.

    `client` is your own client of redis-py, and `app` is the namespace of the sessions. The README
    describes the options. The name, the attributes and the age of the cookie are Flask's settings.
    """

    def __init__(
        self,
        client: "redis.Redis | redis.RedisCluster",
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
        from_: SessionInterface | None = None,
    ) -> None:
        self.sessions = Sessions(client, app=app)
        self._options = Options(
            cookie=cookie,
            secrets=secrets,
            ttl=ttl,
            lifetime=lifetime,
            id=id,
            max=max,
            reject=reject,
            merge=merge,
        )
        self._keeper = Keeper(self.sessions.site, self._options, _flask_login)
        if isinstance(from_, SecureCookieSessionInterface):
            raise ValueError("from_ cannot be Flask's own interface: a session stored in a cookie cannot be ended")
        if from_ is not None:
            if not isinstance(from_, SessionInterface):
                raise TypeError("from_ must be a session interface, for example of Flask-Session")
            check_move(self._keeper.form, self.sessions.is_cluster)
        self._from = from_

    def open_session(self, app: flask.Flask, request: flask.Request) -> FlaskSession:
        header = request.environ.get("HTTP_COOKIE", "").encode("latin-1")
        cookie = cookie_value([header], self.get_cookie_name(app))
        client = device(request.remote_addr, request.headers.get("User-Agent"))
        found = self.sessions.sender.run(self._keeper.read(cookie))
        if found is None and cookie is not None and self._from is not None:
            found = self._move(app, request, self._from, cookie, client)
        if found is None:
            return FlaskSession(self._keeper.fresh(), {}, cookie, client)
        loaded, session = found
        return FlaskSession(loaded, session.d, cookie, client)

    def _move(
        self, app: flask.Flask, request: flask.Request, before: SessionInterface, cookie: str, client: Device
    ) -> tuple[Loaded, Session] | None:
        """Moves a session from the previous store, and reads it."""
        value = moved_value(self._keeper.form, cookie)
        # Another request has moved the session, and this browser has not got the response.
        found = self.sessions.sender.run(self._keeper.read(value)) if value != cookie else None
        session = before.open_session(app, request) if found is None else None
        if not session:
            return found
        ttl = self._seconds(app, session)
        saving = Saving(data=storable(session), ttl=ttl, device=client)
        has_taken = self.sessions.sender.run(self._keeper.take_over(value, saving))
        found = self.sessions.sender.run(self._keeper.read(value))
        if not has_taken:
            return found  # Another request moves it, and removes it there.
        if not before.open_session(app, request):
            # The session was ended there, or moved and ended, after it was read.
            if found is not None:
                self.sessions.sender.run(self._keeper.end(found[0]))
            return None
        session.clear()
        before.save_session(app, session, app.response_class())
        return found

    def save_session(self, app: flask.Flask, session: SessionMixin, response: flask.Response) -> None:
        # This is not a FlaskSession: the session could not be opened, and Flask makes the error
        # page.
        if not isinstance(session, FlaskSession) or session.has_failed:
            return
        if session.accessed:
            response.vary.add("Cookie")
        if session.is_empty and session.loaded.is_new:
            return
        try:
            is_alive = self._store(app, session)
        except Exception:
            session.has_failed = True
            raise
        value = session.loaded.value
        if not is_alive or value is None:
            response.delete_cookie(self.get_cookie_name(app), **self._rules(app))
            response.vary.add("Cookie")
        elif value != session.cookie or self.should_set_cookie(app, session):
            expires = self.get_expiration_time(app, session)
            response.set_cookie(self.get_cookie_name(app), value, expires=expires, **self._rules(app))
            response.vary.add("Cookie")

    def _store(self, app: flask.Flask, session: FlaskSession) -> bool:
        if session.is_empty and session.modified:
            self.sessions.sender.run(self._keeper.end(session.loaded))
            return False
        saving = Saving(data=session, ttl=self._seconds(app, session), device=session.device)
        return self.sessions.sender.run(self._keeper.save(session.loaded, saving))

    def _seconds(self, app: flask.Flask, session: SessionMixin) -> int:
        """The timeout of the session, in seconds."""
        return int(app.permanent_session_lifetime.total_seconds()) if session.permanent else self._options.ttl

    def _rules(self, app: flask.Flask) -> dict[str, Any]:
        rules = {
            "domain": self.get_cookie_domain(app),
            "path": self.get_cookie_path(app),
            "secure": self.get_cookie_secure(app),
            "httponly": self.get_cookie_httponly(app),
            "samesite": self.get_cookie_samesite(app),
        }
        # Flask 3.1 and newer.
        if hasattr(self, "get_cookie_partitioned"):
            rules["partitioned"] = self.get_cookie_partitioned(app)
        return rules

    def save(self) -> bool:
        """Stores the session of this request now, for example to find out whether a log-in raises
        LimitError.

        Returns whether the session exists. The cookie is set with the response.
        """
        session = self._present()
        if session.is_empty:
            return True
        return self._store(flask.current_app, session)

    def renew(self) -> bool:
        """Gives the session of this request a new cookie value, as a log-in does.

        Returns whether the session exists.
        """
        return self.sessions.sender.run(self._keeper.renew(self._present().loaded))

    def sessions_of(self, id: str | int) -> list[Session]:
        """A user's sessions, most recently active first."""
        return self.sessions.sender.run(self._keeper.sessions_of(id))

    def sid_of(self, session: SessionMixin) -> str | None:
        """The sid of a request's session, to find this device in the result of `sessions_of`.

        None: nothing is stored.
        """
        return _own(session).sid

    def end_others(self) -> int:
        """Ends the other sessions of this request's user; returns how many."""
        session = self._present()
        return self.sessions.sender.run(self._keeper.end_others(session.loaded, session))

    def end_all(self, id: str | int, *, only: str | None = None) -> int:
        """Ends all sessions of a user, or the one with a sid; returns how many."""
        return self.sessions.sender.run(self._keeper.end_all(id, only))

    @staticmethod
    def _present() -> FlaskSession:
        return _own(flask.session._get_current_object())  # type: ignore[attr-defined]
