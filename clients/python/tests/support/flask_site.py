"""A site on Flask whose sessions a test reads, changes and holds."""

from collections.abc import Callable
from typing import Any

import flask
import flask_login  # type: ignore[import-untyped]

from support.gate import Gate


class User(flask_login.UserMixin):  # type: ignore[misc]
    def __init__(self, id: str) -> None:
        self.id = id


# What the requests of /slow wait for, by the name in their path.
_gates: dict[str, Gate] = {}


def routes(site: flask.Flask) -> None:
    @site.get("/read")
    def read() -> Any:
        return dict(flask.session)

    @site.post("/set")
    def set_() -> Any:
        flask.session.update(flask.request.get_json())
        return "done"

    @site.post("/delete")
    def delete() -> Any:
        for name in flask.request.get_json():
            del flask.session[name]
        return "done"

    @site.post("/slow/<gate>")
    def slow(gate: str) -> Any:
        _gates[gate].wait()
        flask.session.update(flask.request.get_json())
        return "done"

    @site.get("/public")
    def public() -> Any:
        return "nothing of the session"

    @site.post("/login/<name>")
    def login(name: str) -> Any:
        flask_login.login_user(User(name))
        return "done"

    @site.post("/logout")
    def logout() -> Any:
        flask_login.logout_user()
        return "done"

    @site.post("/clear")
    def clear() -> Any:
        flask.session.clear()
        return "done"

    @site.get("/me")
    def me() -> Any:
        return {"name": getattr(flask_login.current_user, "id", None)}


def a_site(interface: Any, **config: Any) -> flask.Flask:
    site = flask.Flask(__name__)
    site.secret_key = "for Flask-Login and flash"
    site.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False, **config)
    if interface is not None:
        site.session_interface = interface
    manager = flask_login.LoginManager(site)
    manager.user_loader(User)
    routes(site)
    return site


class Browser:
    """Flask's test client with what the tests do."""

    def __init__(self, site: flask.Flask, cookie: str | None = None) -> None:
        self._client = site.test_client()
        if cookie is not None:
            self._client.set_cookie("session", cookie)

    @property
    def cookie(self) -> str | None:
        found = self._client.get_cookie("session")
        return None if found is None else found.value

    def get(self, path: str) -> Any:
        return self._client.get(path)

    def read(self) -> Any:
        return self.get("/read").json

    def post(self, path: str, data: Any = None, status: int = 200) -> Any:
        response = self._client.post(path, json=data or {}, headers={"User-Agent": "test"})
        assert response.status_code == status, response.text
        return response

    def transaction(self) -> Any:
        return self._client.session_transaction()


def hold(site: flask.Flask, browser: Browser, data: Any) -> Callable[[], Browser]:
    """Starts a slow request of the same visitor.

    The function lets it go and returns what the browser has then.
    """
    name = str(len(_gates))
    gate = _gates[name] = Gate()
    same = Browser(site, browser.cookie)
    go = gate.hold(lambda: same.post(f"/slow/{name}", data))

    def let_go() -> Browser:
        go()
        return same

    return let_go
