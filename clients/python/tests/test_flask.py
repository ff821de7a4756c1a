"""Flask's sessions, by its own test client."""

import datetime
import hashlib
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import flask
import flask_login
import httpx2 as httpx
import pytest
import redis
import werkzeug.serving
from flask.sessions import SessionInterface
from redis.backoff import NoBackoff
from redis.retry import Retry
from support.flask_site import Browser, User, a_site, hold, routes
from support.server import Server, a_server

from sessions_for_redis import LimitError, Sessions
from sessions_for_redis.flask import SessionsInterface


@pytest.fixture
def client(server: Server) -> Any:
    with redis.Redis(unix_socket_path=server.path) as opened:
        yield opened


@pytest.fixture
def interface(client: redis.Redis, app: str) -> SessionsInterface:
    return SessionsInterface(client, app=app)


@pytest.fixture
def site(interface: SessionsInterface) -> flask.Flask:
    return a_site(interface)


def test_the_cookie_is_the_token_and_what_json_holds_is_stored(site: flask.Flask, interface: SessionsInterface) -> None:
    browser = Browser(site)
    browser.post("/set", {"cart": [1, {"n": 2}]})
    value = browser.cookie or ""
    stored = interface.sessions.peek(value)
    assert stored is not None
    assert (stored.d, stored.ttl, stored.id) == ({"cart": [1, {"n": 2}]}, 86_400, None)
    assert (stored.ip, stored.ua) == ("127.0.0.1", "test")
    assert browser.read() == {"cart": [1, {"n": 2}]}


def test_visitors_without_data_get_no_session_and_no_cookie(site: flask.Flask, interface: SessionsInterface) -> None:
    @site.before_request
    def permanent() -> None:
        flask.session.permanent = True

    browser = Browser(site)
    response = browser.get("/read")
    assert "Set-Cookie" not in response.headers
    assert interface.sessions.count() == 0


def test_a_nested_change_is_stored_without_modified(site: flask.Flask) -> None:
    @site.post("/add")
    def add() -> str:
        flask.session["cart"].append(2)
        return "done"

    browser = Browser(site)
    browser.post("/set", {"cart": [1]})
    browser.post("/add")
    assert browser.read() == {"cart": [1, 2]}


def test_vary_says_that_the_page_depends_on_the_cookie_only_where_the_session_was_used(
    interface: SessionsInterface,
) -> None:
    site = flask.Flask(__name__)  # Without Flask-Login, which reads the session of each request.
    site.session_interface = interface
    routes(site)
    browser = Browser(site)
    assert "Cookie" not in browser.get("/public").headers.get("Vary", "")
    response = browser.post("/set", {"a": 1})
    assert "Cookie" in response.headers["Vary"]
    assert "Cookie" in browser.get("/read").headers["Vary"]
    assert "Cookie" not in browser.get("/public").headers.get("Vary", "")


def test_permanent_chooses_the_time_out_and_the_cookies_end(site: flask.Flask, interface: SessionsInterface) -> None:
    site.permanent_session_lifetime = datetime.timedelta(days=3)
    browser = Browser(site)
    browser.post("/set", {"_permanent": True, "a": 1})
    stored = interface.sessions.peek(browser.cookie or "")
    assert stored is not None
    assert (stored.ttl, stored.d) == (3 * 86_400, {"_permanent": True, "a": 1})
    assert "Expires=" in browser.get("/read").headers["Set-Cookie"]
    site.config["SESSION_REFRESH_EACH_REQUEST"] = False
    assert "Set-Cookie" not in browser.get("/read").headers
    response = browser.post("/set", {"_permanent": False})
    assert "Expires=" not in response.headers["Set-Cookie"]
    stored = interface.sessions.peek(browser.cookie or "")
    assert stored is not None
    assert stored.ttl == 86_400


def test_the_cookie_has_the_attributes_of_flasks_settings(client: redis.Redis, app: str) -> None:
    site = a_site(
        SessionsInterface(client, app=app),
        SESSION_COOKIE_NAME="__Host-shop",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_PARTITIONED=True,
    )
    browser = Browser(site)
    header = browser.post("/set", {"a": 1}).headers["Set-Cookie"]
    assert header.startswith("__Host-shop=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"} <= set(header.split("; "))
    # Flask 3.1 and newer.
    assert ("Partitioned" in header) == hasattr(SessionInterface, "get_cookie_partitioned")
    sender = site.test_client(use_cookies=False)
    gone = sender.post("/clear", json={}, headers={"Cookie": header.split(";")[0]})
    rules = set(gone.headers["Set-Cookie"].split("; "))
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict", "Max-Age=0"} <= rules
    assert "Cookie" in gone.headers["Vary"]


def test_a_cookie_is_read_as_the_bytes_that_it_is(client: redis.Redis, app: str) -> None:
    interface = SessionsInterface(client, app=app, cookie="sha256")
    value = "\xe4\xf6"
    interface.sessions.save(hashlib.sha256(value.encode("latin-1")).hexdigest(), {"a": 1})
    browser = a_site(interface).test_client(use_cookies=False)
    assert browser.get("/read", environ_overrides={"HTTP_COOKIE": f"session={value}"}).json == {"a": 1}


def test_flash_works_although_tuples_become_lists(site: flask.Flask) -> None:
    @site.post("/flash")
    def flash() -> str:
        flask.flash("saved", "info")
        return "done"

    @site.get("/messages")
    def messages() -> Any:
        kinds = [kind for kind, _ in flask.get_flashed_messages(with_categories=True)]
        return {"kinds": kinds, "texts": flask.get_flashed_messages(category_filter=["info"])}

    browser = Browser(site)
    browser.post("/set", {"a": 1})
    browser.post("/flash")
    assert browser.get("/messages").json == {"kinds": ["info"], "texts": ["saved"]}
    assert browser.read() == {"a": 1}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime.datetime(2026, 1, 1), "seen is a datetime"),
        (b"raw", "seen is a bytes"),
        (uuid.UUID(int=1), "seen is a UUID"),
    ],
)
def test_what_json_cannot_hold_is_refused_by_name(
    site: flask.Flask, caplog: pytest.LogCaptureFixture, value: object, text: str
) -> None:
    @site.post("/odd")
    def odd() -> str:
        flask.session["seen"] = value
        return "done"

    browser = Browser(site)
    browser.post("/odd", status=500)
    assert text in caplog.text


def test_two_requests_at_once_that_change_different_keys_lose_nothing(site: flask.Flask) -> None:
    browser = Browser(site)
    browser.post("/set", {"user": 1})
    one, two = hold(site, browser, {"a": 1}), hold(site, browser, {"b": 2})
    one()
    two()
    assert browser.read() == {"user": 1, "a": 1, "b": 2}


def test_a_session_that_was_ended_during_a_slow_request_stays_dead_and_its_cookie_goes(
    site: flask.Flask, interface: SessionsInterface
) -> None:
    browser = Browser(site)
    browser.post("/set", {"user": "ann"})
    go = hold(site, browser, {"seen": 1})
    browser.post("/clear")
    assert browser.cookie is None
    assert go().cookie is None
    assert interface.sessions.count() == 0


def test_a_log_in_with_flask_login_gets_a_new_token_and_keeps_the_cart(
    site: flask.Flask, interface: SessionsInterface
) -> None:
    browser = Browser(site)
    browser.post("/set", {"cart": 3})
    planted = browser.cookie
    slow = hold(site, browser, {"cart": 4})
    browser.post("/login/ann")
    assert browser.cookie != planted
    assert browser.get("/me").json == {"name": "ann"}
    [session] = interface.sessions_of("ann")
    assert session.ua == "test"
    thief = Browser(site, planted)
    assert thief.read() == {}
    # A request that began before the log-in changes nothing after it.
    slow()
    assert browser.read()["cart"] == 3


def test_a_log_out_keeps_the_cart_of_nobody(site: flask.Flask, interface: SessionsInterface) -> None:
    browser = Browser(site)
    browser.post("/set", {"cart": 3})
    browser.post("/login/ann")
    browser.post("/logout")
    assert browser.read() == {"cart": 3}
    assert interface.sessions_of("ann") == []
    other = Browser(site)
    other.post("/login/ann")
    other.post("/logout")
    assert other.cookie is None
    assert interface.sessions.count() == 1


def test_the_sessions_of_a_user_are_listed_and_ended(site: flask.Flask, interface: SessionsInterface) -> None:
    @site.get("/mine")
    def mine() -> Any:
        return {"sid": interface.sid_of(flask.session)}

    @site.post("/others")
    def others() -> Any:
        mine: Any = flask.session
        assert mine.sid in [session.sid for session in interface.sessions_of("ann")]
        return {"ended": interface.end_others()}

    browsers = [Browser(site) for _ in range(3)]
    for browser in browsers:
        browser.post("/login/ann")
    bob = Browser(site)
    bob.post("/login/bob")
    assert len(interface.sessions_of("ann")) == 3
    assert browsers[0].post("/others").json == {"ended": 2}
    assert [browser.get("/me").json["name"] for browser in [*browsers, bob]] == ["ann", None, None, "bob"]
    assert browsers[0].get("/mine").json == {"sid": interface.sessions_of("ann")[0].sid}
    assert Browser(site).get("/mine").json == {"sid": None}
    [session] = interface.sessions_of("bob")
    assert interface.end_all("bob", only="0" * 16) == 0
    assert interface.end_all("bob", only=session.sid) == 1
    assert interface.end_all("ann") == 1
    assert interface.end_all(7) == 0


def test_max_ends_the_idlest_and_reject_can_be_caught_in_the_view(
    client: redis.Redis, app: str, caplog: pytest.LogCaptureFixture
) -> None:
    interface = SessionsInterface(client, app=app, max=1)
    site = a_site(interface)
    first, second = Browser(site), Browser(site)
    for browser in (first, second):
        browser.post("/login/ann")
    assert [browser.get("/me").json["name"] for browser in (first, second)] == [None, "ann"]

    refusing = SessionsInterface(client, app=app, max=1, reject=True)
    site = a_site(refusing)

    @site.post("/careful/<name>")
    def careful(name: str) -> Any:
        flask_login.login_user(User(name))
        try:
            refusing.save()
        except LimitError:
            flask_login.logout_user()
            return "too many", 200
        return "done"

    browser = Browser(site)
    browser.post("/login/ann", status=500)
    # Flask stores again when it has made the page of the error; once is enough.
    assert "finalizing failed" not in caplog.text
    assert browser.get("/me").json == {"name": None}
    assert browser.post("/careful/ann").text == "too many"
    assert browser.get("/me").json == {"name": None}
    assert browser.post("/careful/bob").text == "done"
    assert browser.get("/me").json == {"name": "bob"}
    assert refusing.sessions.count_soid("ann") == 1


def test_renew_gives_the_session_a_new_cookie(site: flask.Flask, interface: SessionsInterface) -> None:
    @site.post("/renew")
    def renew() -> Any:
        return {"alive": interface.renew()}

    browser = Browser(site)
    browser.post("/set", {"a": 1})
    before = browser.cookie
    assert browser.post("/renew").json == {"alive": True}
    assert browser.cookie not in (None, before)
    assert browser.read() == {"a": 1}


@pytest.mark.parametrize(
    "options", [{"cookie": "sha256"}, {"cookie": "signed", "secrets": ["cats"]}], ids=["sha256", "signed"]
)
def test_the_hashed_forms_of_the_cookie_work_the_same(client: redis.Redis, app: str, options: Any) -> None:
    interface = SessionsInterface(client, app=app, **options)
    site = a_site(interface)
    browser = Browser(site)
    browser.post("/set", {"cart": 1})
    before = browser.cookie
    browser.post("/login/ann")
    assert browser.cookie != before
    assert browser.read()["cart"] == 1
    assert len(interface.sessions_of("ann")) == 1
    browser.post("/clear")
    assert (browser.cookie, interface.sessions.count()) == (None, 0)


def test_id_names_another_key_or_nobody(client: redis.Redis, app: str) -> None:
    interface = SessionsInterface(client, app=app, id=lambda session: session.get("account"))
    browser = Browser(a_site(interface))
    browser.post("/set", {"account": 7})
    assert len(interface.sessions_of(7)) == 1
    nobody = SessionsInterface(client, app=app, id=False)
    browser = Browser(a_site(nobody))
    browser.post("/login/ann")
    assert browser.get("/me").json == {"name": "ann"}
    assert nobody.sessions_of("ann") == []


def test_the_test_clients_session_transaction_works(site: flask.Flask) -> None:
    browser = Browser(site)
    with browser.transaction() as session:
        session["a"] = 1
    assert browser.read() == {"a": 1}
    with browser.transaction() as session:
        assert session["a"] == 1
        session.clear()
    assert browser.cookie is None


def test_redis_away_is_a_page_of_error_and_works_again(app: str, caplog: pytest.LogCaptureFixture) -> None:
    with a_server() as server:
        client = redis.Redis(unix_socket_path=server.path, retry=Retry(NoBackoff(), 0))
        # Flask-Login is not used, because it also reads the session after errors.
        site = flask.Flask(__name__)
        site.session_interface = SessionsInterface(client, app=app)
        routes(site)
        browser = Browser(site)
        browser.post("/set", {"a": 1})
        server.stop()
        assert browser.get("/read").status_code == 500
        assert "finalizing failed" not in caplog.text
        server.start()
        assert browser.read() == {}
        browser.post("/set", {"a": 2})
        assert browser.read() == {"a": 2}
        client.close()


def test_another_programs_session_is_read_and_its_keys_stay(
    site: flask.Flask, interface: SessionsInterface, client: redis.Redis, app: str
) -> None:
    token = Sessions(client, app=app).create("7", data={"express": {"cookie": {"path": "/"}}, "one": 1.0})
    browser = Browser(site, token)
    browser.post("/set", {"flask": 1})
    stored = interface.sessions.peek(token)
    assert stored is not None
    assert (stored.id, stored.d) == ("7", {"express": {"cookie": {"path": "/"}}, "one": 1.0, "flask": 1})


def test_a_real_server_serves_browsers_in_parallel(site: flask.Flask) -> None:
    server = werkzeug.serving.make_server("127.0.0.1", 0, site, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{server.server_port}") as browser:
            header = browser.post("/set", json={"user": 1}).headers["Set-Cookie"]
            assert {"HttpOnly", "Path=/"} <= set(header.split("; "))

            def change(number: int) -> int:
                return browser.post("/set", json={f"key{number}": number}).status_code

            with ThreadPoolExecutor(8) as pool:
                assert list(pool.map(change, range(24))) == [200] * 24
            assert browser.get("/read").json() == {"user": 1, **{f"key{number}": number for number in range(24)}}
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
