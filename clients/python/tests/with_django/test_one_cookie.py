"""One site, one cookie: Django, Flask, Starlette and express-session read and write each other's
sessions.
"""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import flask
import pytest
import redis
import redis.asyncio
from django.contrib.auth.models import User
from django.test import Client, override_settings
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from support.server import Server

from sessions_for_redis import Sessions
from sessions_for_redis.flask import SessionsInterface
from sessions_for_redis.starlette import SessionsMiddleware, SessionsStore

NAME = "sessionid"
FORMS: list[dict[str, Any]] = [{"cookie": "token"}, {"cookie": "sha256"}, {"cookie": "signed", "secrets": ["cats"]}]


class Site:
    """The same cookie, in a browser of each framework."""

    def __init__(self, path: str, app: str, form: dict[str, Any]) -> None:
        self.cookie: str | None = None
        self._django = Client()
        self._flask = _flask_site(SessionsInterface(redis.Redis(unix_socket_path=path), app=app, **form))
        make = lambda: redis.asyncio.Redis(unix_socket_path=path)  # noqa: E731
        self._starlette = TestClient(_starlette_site(SessionsStore(make, app=app, **form)))

    def django(self, page: str, **arguments: str) -> str:
        browser = self._django
        browser.cookies.clear()
        if self.cookie:
            browser.cookies[NAME] = self.cookie
        text = browser.get(f"/sync/{page}", arguments).content.decode()
        if NAME in browser.cookies:
            self.cookie = browser.cookies[NAME].value
        return text

    def flask(self, page: str) -> Any:
        browser = self._flask.test_client(use_cookies=False)
        reply = browser.get(page, headers={"Cookie": f"{NAME}={self.cookie}"})
        self._take(reply.headers.getlist("Set-Cookie"))
        return reply.json

    def starlette(self, page: str) -> Any:
        with self._starlette as browser:
            browser.cookies.clear()
            reply = browser.get(page, headers={"Cookie": f"{NAME}={self.cookie}"})
        self._take(reply.headers.get_list("set-cookie"))
        return reply.json()

    def _take(self, headers: list[str]) -> None:
        for header in headers:
            self.cookie = header.partition(";")[0].partition("=")[2]


def _flask_site(interface: SessionsInterface) -> flask.Flask:
    site = flask.Flask("shop")
    site.config["SESSION_COOKIE_NAME"] = NAME
    site.session_interface = interface

    @site.get("/cart")
    def cart() -> Any:
        flask.session["cart"] = ["flask"]
        return dict(flask.session)

    return site


def _starlette_site(store: SessionsStore) -> Starlette:
    async def seen(request: Request) -> JSONResponse:
        request.session["seen"] = 1.5
        return JSONResponse(dict(request.session))

    middleware = [Middleware(SessionsMiddleware, store=store, session_cookie=NAME)]
    return Starlette(routes=[Route("/seen", seen)], middleware=middleware)


@pytest.fixture(params=FORMS, ids=lambda form: form["cookie"])
def site(request: pytest.FixtureRequest, server: Server, app: str) -> Iterator[Site]:
    form = request.param
    settings = {"SESSIONS_COOKIE": form["cookie"], "SESSIONS_SECRETS": form.get("secrets", ())}
    with override_settings(SESSIONS_URL=f"unix://{server.path}", SESSIONS_APP=app, **settings):
        yield Site(server.path, app, form)


def test_each_framework_changes_the_session_of_the_others(
    site: Site, sessions: Sessions, user: Callable[[], User]
) -> None:
    ann = user()
    site.django("write", lang='"en"')
    assert site.flask("/cart")["lang"] == "en"
    site.django("login", user=ann.username)
    assert site.starlette("/seen")["cart"] == ["flask"]
    found = json.loads(site.django("read"))
    assert found["_auth_user_id"] == str(ann.pk)
    assert {name: value for name, value in found.items() if not name.startswith("_auth")} == {
        "lang": "en",
        "cart": ["flask"],
        "seen": 1.5,
    }
    assert [shown.id for shown in sessions.soapp(0)] == [str(ann.pk)], "no framework takes the user of another one away"
    site.django("logout")
    assert sessions.count() == 0


@pytest.mark.site(SESSIONS_COOKIE="signed", SESSIONS_SECRETS=["new", "cats"])
def test_a_session_of_express_is_read_and_its_user_stays(server: Server, app: str) -> None:
    with override_settings(
        SESSIONS_URL=f"unix://{server.path}",
        SESSIONS_APP=app,
        SESSIONS_COOKIE="signed",
        SESSIONS_SECRETS=["new", "cats"],
    ):
        sessions = Sessions(redis.Redis(unix_socket_path=server.path), app=app)
        keys = [f"{number:032}" for number in range(2)]
        tokens = [hashlib.sha256(key.encode()).hexdigest() for key in keys]
        cookie = {"path": "/", "httpOnly": True, "originalMaxAge": None}
        for token in tokens:
            sessions.save(token, {"cookie": cookie, "passport": {"user": "u1"}}, id="u1", ttl=600)
        signature = b64encode(hmac.digest(b"cats", keys[0].encode(), "sha256")).decode().rstrip("=")
        browser = Client()
        browser.cookies[NAME] = quote(f"s:{keys[0]}.{signature}", safe="!'()*")
        browser.get("/sync/write", {"cart": "[1]"})
        shown = sessions.peek(tokens[0])
        assert shown is not None
        assert (shown.id, shown.d) == ("u1", {"cookie": cookie, "passport": {"user": "u1"}, "cart": [1]})
        assert [each["sid"] for each in browser.get("/sync/others").json()] == [
            hashlib.sha256(tokens[1].encode()).hexdigest()[:16]
        ]
        assert browser.get("/sync/end-others").content == b"1"
        assert not sessions.exists(tokens[1])
