"""What Flask-Session with Redis gets wrong, and this package does not: the same site with the one
and the other.
"""

import datetime
from collections.abc import Callable, Iterator
from typing import Any

import flask
import pytest
import redis
from flask_session.redis import RedisSessionInterface
from support.flask_site import Browser, a_site, hold
from support.server import Server

from sessions_for_redis.flask import SessionsInterface


@pytest.fixture
def client(server: Server) -> Iterator[redis.Redis]:
    with redis.Redis(unix_socket_path=server.path) as opened:
        yield opened


Make = Callable[[], flask.Flask]


@pytest.fixture
def usual(client: redis.Redis, app: str) -> Make:
    def make() -> flask.Flask:
        site = a_site(None)
        site.session_interface = RedisSessionInterface(site, client, key_prefix=f"{app}:")
        return site

    return make


@pytest.fixture
def ours(client: redis.Redis, app: str) -> Make:
    return lambda: a_site(SessionsInterface(client, app=app))


def changed_at_once(site: flask.Flask) -> Any:
    browser = Browser(site)
    browser.post("/set", {"user": 1})
    one, two = hold(site, browser, {"a": 1}), hold(site, browser, {"b": 2})
    one()
    two()
    return {name: value for name, value in browser.read().items() if name != "_permanent"}


def test_two_requests_at_once_that_change_different_keys_lose_nothing(usual: Make, ours: Make) -> None:
    assert changed_at_once(usual()) == {"user": 1, "b": 2}, "Flask-Session loses a"
    assert changed_at_once(ours()) == {"user": 1, "a": 1, "b": 2}


def ended_during_a_request(site: flask.Flask) -> Any:
    browser = Browser(site)
    browser.post("/set", {"user": "ann"})
    stolen = Browser(site, browser.cookie)
    go = hold(site, browser, {"seen": 1})
    browser.post("/clear")
    go()
    return stolen.read().get("user")


def test_a_session_that_was_ended_during_a_request_stays_dead(usual: Make, ours: Make) -> None:
    assert ended_during_a_request(usual()) == "ann", "Flask-Session brings it back"
    assert ended_during_a_request(ours()) is None


def planted(site: flask.Flask) -> Any:
    browser = Browser(site)
    browser.post("/set", {"cart": 1})
    thief = Browser(site, browser.cookie)
    browser.post("/login/ann")
    return thief.get("/me").json["name"]


def test_a_cookie_from_before_the_log_in_is_of_no_use_after_it(usual: Make, ours: Make) -> None:
    assert planted(usual()) == "ann", "Flask-Session keeps the session id"
    assert planted(ours()) is None


def test_a_cookie_that_somebody_invented_makes_no_session_of_that_name(usual: Make, ours: Make) -> None:
    for make in (usual, ours):
        site = make()
        Browser(site, "0" * 64).post("/set", {"a": 1})
        assert Browser(site, "0" * 64).read().get("a") is None


def test_a_users_sessions_are_listed_and_ended(usual: Make, ours: Make) -> None:
    assert not hasattr(usual().session_interface, "sessions_of")
    site = ours()
    browsers = [Browser(site) for _ in range(2)]
    for browser in browsers:
        browser.post("/login/ann")
    interface: Any = site.session_interface
    assert len(interface.sessions_of("ann")) == 2
    assert interface.end_all("ann") == 2
    assert [browser.get("/me").json["name"] for browser in browsers] == [None, None]


def test_a_request_that_only_reads_asks_the_server_once_not_twice(client: redis.Redis, usual: Make, ours: Make) -> None:
    for make, expected in ((usual, {"get": 3, "set": 3}), (ours, {"sessions.get": 3})):
        browser = Browser(make())
        browser.post("/set", {"a": 1})
        client.config_resetstat()
        for _ in range(3):
            browser.read()
        calls = {name.removeprefix("cmdstat_"): stat["calls"] for name, stat in client.info("commandstats").items()}
        asked = {name: count for name, count in calls.items() if name in ("get", "set") or name.startswith("sessions.")}
        assert asked == expected


@pytest.mark.parametrize(
    "options",
    [{}, {"cookie": "sha256"}, {"cookie": "signed", "secrets": ["cats"]}],
    ids=["token", "sha256", "signed"],
)
def test_sessions_of_flask_session_go_on_with_their_user_and_are_in_one_place_only(
    client: redis.Redis, app: str, usual: Make, options: Any, caplog: pytest.LogCaptureFixture
) -> None:
    old = usual()
    browsers = [Browser(old) for _ in range(2)]
    for browser in browsers:
        browser.post("/set", {"cart": 1})
        browser.post("/login/ann")
    with browsers[0].transaction() as session:
        session["when"] = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    interface = SessionsInterface(client, app=app, from_=old.session_interface, **options)
    site = a_site(interface)
    moved = [Browser(site, browser.cookie) for browser in browsers]
    late = Browser(site, browsers[0].cookie)
    for browser in (moved[0], late):
        assert browser.get("/me").json == {"name": "ann"}
        assert browser.get("/me").json == {"name": "ann"}
    assert moved[0].read()["cart"] == 1
    assert "when" not in moved[0].read()
    assert "when is a datetime" in caplog.text
    assert [session.id for session in interface.sessions_of("ann")] == ["ann"]
    assert client.keys(f"{app}:*") == [f"{app}:{browsers[1].cookie}".encode()]
    moved[0].post("/clear")
    # Neither the previous cookie nor the one of a browser that had it too opens a session again.
    assert Browser(site, browsers[0].cookie).get("/me").json == {"name": None}
    assert late.get("/me").json == {"name": None}
    assert moved[1].get("/me").json == {"name": "ann"}
    assert interface.end_all("ann") == 1
    assert Browser(site, "unknown").read() == {}


def test_a_session_that_is_moved_too_late_stays_ended(
    client: redis.Redis, app: str, usual: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = usual()
    browser = Browser(old)
    browser.post("/login/ann")
    before = old.session_interface
    interface = SessionsInterface(client, app=app, from_=before)
    read = before.open_session

    def late(*args: Any) -> Any:
        found = read(*args)
        client.delete(f"{app}:{browser.cookie}")
        return found

    monkeypatch.setattr(before, "open_session", late)
    assert Browser(a_site(interface), browser.cookie).get("/me").json == {"name": None}
    assert interface.sessions.count() == 0


def test_sessions_in_cookies_cannot_be_moved_from(client: redis.Redis, app: str) -> None:
    with pytest.raises(ValueError, match="in a cookie cannot be ended"):
        SessionsInterface(client, app=app, from_=flask.Flask(__name__).session_interface)
