"""A site under WSGI and ASGI, with views that wait and views that are awaited: browsers on real
HTTP servers.
"""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from support.server import Server
from support.web import Browser, Reply, a_wsgi_server, an_asgi_server

from sessions_for_redis import Sessions
from sessions_for_redis.django.conf import configuration
from with_django.views import gate

SESSION = "sessionid"


@pytest.fixture(scope="module")
def ports(database: Any, server: Server) -> Iterator[dict[str, int]]:
    with a_wsgi_server(get_wsgi_application()) as wsgi, an_asgi_server(get_asgi_application()) as asgi:
        yield {"wsgi": wsgi, "asgi": asgi}


class Shop:
    """The site by one kind of server and of views."""

    def __init__(self, port: int, folder: str, pool: ThreadPoolExecutor) -> None:
        self._port = port
        self.folder = folder
        self._pool = pool

    def browser(self, ua: str = "test") -> Browser:
        return Browser(self._port, ua)

    def get(self, browser: Browser, page: str, **arguments: Any) -> Reply:
        return browser.get(f"/{self.folder}/{page}", **{name: json.dumps(value) for name, value in arguments.items()})

    def log_in(self, browser: Browser, user: User) -> Reply:
        return browser.get(f"/{self.folder}/login", user=user.username)

    def read(self, browser: Browser) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(self.get(browser, "read").body)
        return {name: value for name, value in data.items() if not name.startswith("_auth_user_")}

    def held(self, browser: Browser, name: str, **arguments: Any) -> "tuple[Future[Reply], Callable[[], Reply]]":
        """Begins a request that has read its session and waits; the function lets it continue."""
        texts = {key: json.dumps(value) for key, value in arguments.items()}
        same = Browser(self._port)
        same.cookies = dict(browser.cookies)
        future = self._pool.submit(same.get, f"/{self.folder}/write", hold=name, **texts)
        assert gate(name).has_come.wait(60)

        def go_on() -> Reply:
            gate(name).may_go.set()
            return future.result(60)

        return future, go_on


@pytest.fixture(params=["wsgi sync", "wsgi async", "asgi sync", "asgi async"])
def shop(request: pytest.FixtureRequest, ports: dict[str, int]) -> Iterator[Shop]:
    server, folder = request.param.split()
    with ThreadPoolExecutor() as pool:
        yield Shop(ports[server], folder, pool)


def test_a_visitor_without_data_has_no_session_and_no_cookie(shop: Shop, sessions: Sessions) -> None:
    reply = shop.get(shop.browser(), "read")
    assert (reply.status, reply.body, dict(reply.set_cookies)) == (200, "{}", {})
    assert sessions.count() == 0


def test_a_cart_is_kept_through_the_log_in_and_a_planted_key_is_of_no_use(
    shop: Shop, sessions: Sessions, user: Callable[[], User]
) -> None:
    browser, ann = shop.browser("Firefox"), user()
    shop.get(browser, "write", cart=[1, 2])
    planted = browser.cookies[SESSION]
    reply = shop.log_in(browser, ann)
    cookie = reply.set_cookies[SESSION]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", "1209600")
    assert browser.cookies[SESSION] != planted
    assert shop.read(browser) == {"cart": [1, 2]}
    thief = shop.browser()
    thief.cookies[SESSION] = planted
    assert shop.read(thief) == {}
    [device] = sessions.soid(ann.pk)
    assert (device.ip, device.ua, sessions.count()) == ("127.0.0.1", "Firefox", 1)


def test_a_session_that_is_ended_during_a_slow_request_stays_dead(
    shop: Shop, sessions: Sessions, user: Callable[[], User], app: str
) -> None:
    browser = shop.browser()
    shop.log_in(browser, user())
    _, go_on = shop.held(browser, app, seen=1)
    shop.get(browser, "logout")
    assert SESSION not in browser.cookies
    assert go_on().status == 400
    assert sessions.count() == 0


def test_requests_at_once_that_change_different_keys_lose_nothing(shop: Shop, app: str) -> None:
    browser = shop.browser()
    shop.get(browser, "write", a=0, b=0)
    _, go_on = shop.held(browser, app, a=1)
    shop.get(browser, "write", b=2)
    assert go_on().status == 200
    assert shop.read(browser) == {"a": 1, "b": 2}


def test_a_request_that_fails_stores_nothing(shop: Shop) -> None:
    browser = shop.browser()
    shop.get(browser, "write", a=1)
    assert shop.get(browser, "fail").status == 500
    assert shop.read(browser) == {"a": 1}


def test_a_user_sees_and_logs_out_other_devices(shop: Shop, user: Callable[[], User]) -> None:
    ann = user()
    browsers = [shop.browser(name) for name in ("Firefox", "Chrome", "Safari")]
    for browser in browsers:
        shop.log_in(browser, ann)
    others = json.loads(shop.get(browsers[0], "others").body)
    assert sorted(each["ua"] for each in others) == ["Chrome", "Safari"]
    assert all(len(each["sid"]) == 16 and each["ip"] == "127.0.0.1" for each in others)
    assert shop.get(browsers[0], "end-others").body == "2"
    assert [b'"_auth_user_id"' in shop.get(each, "read").body.encode() for each in browsers] == [True, False, False]


@pytest.mark.site(SESSIONS_MAX=1, SESSIONS_REJECT=True)
def test_a_log_in_that_is_refused_has_status_400(shop: Shop, sessions: Sessions, user: Callable[[], User]) -> None:
    ann = user()
    assert shop.log_in(shop.browser(), ann).status == 200
    assert shop.log_in(shop.browser(), ann).status == 400
    assert sessions.count_soid(ann.pk) == 1


def test_a_loop_that_lives_has_one_client_and_one_for_a_single_call_has_none(shop: Shop, server: Server) -> None:
    browser = shop.browser()
    shop.get(browser, "write", a=1)
    before = len(server.ask("CLIENT LIST").splitlines())
    for _ in range(20):
        assert shop.read(browser) == {"a": 1}
    assert len(server.ask("CLIENT LIST").splitlines()) <= before + 2
    is_awaited = shop.folder == "async" and len(configuration()._by_loop) == 1
    assert is_awaited or len(configuration()._by_loop) == 0
