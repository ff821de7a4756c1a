"""Django's admin site, by Django's test clients for WSGI and ASGI: log-in, log-out, change of the
password.
"""

import asyncio
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import AsyncClient, Client

from sessions_for_redis import Sessions

HEADERS = {"user-agent": "Firefox"}


class Awaited:
    """A test client whose requests wait."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.client = AsyncClient()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.client, name)
        if not inspect.iscoroutinefunction(found):
            return found
        # The headers that AsyncClient itself is given do not reach the request.
        headers = {"headers": HEADERS} if name in ("get", "post") else {}
        return lambda *args: self._loop.run_until_complete(found(*args, **headers))


@pytest.fixture(params=["wsgi", "asgi"])
def browser(request: pytest.FixtureRequest) -> Iterator[Callable[[], Any]]:
    if request.param == "wsgi":
        yield lambda: Client(headers=HEADERS)
        return
    loop = asyncio.new_event_loop()
    yield lambda: Awaited(loop)
    loop.close()


def log_in(browser: Any, user: User) -> None:
    reply = browser.post("/admin/login/", {"username": user.username, "password": "secret", "next": "/admin/"})
    assert (reply.status_code, reply.url) == (302, "/admin/")


def is_in(browser: Any) -> bool:
    reply = browser.get("/admin/")
    assert reply.status_code == 200 or reply.url == "/admin/login/?next=/admin/"
    return bool(reply.status_code == 200)


def test_the_admin_site_logs_in_and_out(browser: Any, sessions: Sessions, user: Callable[[], User]) -> None:
    one, ann = browser(), user()
    assert not is_in(one)
    log_in(one, ann)
    assert is_in(one)
    [session] = sessions.soid(ann.pk)
    assert (session.ua, session.ip, session.no_resave) == ("Firefox", "127.0.0.1", True)
    assert session.d["_auth_user_id"] == str(ann.pk)
    key = one.cookies["sessionid"].value
    assert one.post("/admin/logout/").status_code == 200
    assert sessions.count() == 0
    one.cookies["sessionid"] = key
    assert not is_in(one)


def test_a_change_of_the_password_keeps_this_session_and_logs_out_the_others(
    browser: Any, sessions: Sessions, user: Callable[[], User]
) -> None:
    one, other, ann = browser(), browser(), user()
    log_in(one, ann)
    log_in(other, ann)
    key = one.cookies["sessionid"].value
    new = {"old_password": "secret", "new_password1": "a-better-one-7", "new_password2": "a-better-one-7"}
    assert one.post("/admin/password_change/", new).status_code == 302
    assert one.cookies["sessionid"].value != key
    assert is_in(one)
    assert not is_in(other)
    assert sessions.count_soid(ann.pk) == 1
    thief = browser()
    thief.cookies["sessionid"] = key
    assert not is_in(thief)


def test_another_user_in_the_same_browser_begins_a_new_session(
    browser: Any, sessions: Sessions, user: Callable[[], User]
) -> None:
    one, ann, bob = browser(), user(), user()
    log_in(one, ann)
    log_in(one, bob)
    assert sessions.count_soid(ann.pk) == 0
    assert sessions.count_soid(bob.pk) == 1


def test_the_test_clients_own_log_in_and_session_work(
    browser: Any, sessions: Sessions, user: Callable[[], User]
) -> None:
    one, ann = browser(), user()
    one.force_login(ann)
    assert is_in(one)
    assert sessions.count_soid(ann.pk) == 1
    one.logout()
    assert not is_in(one)
    assert sessions.count() == 0


def test_messages_of_the_admin_site_survive_the_redirect(browser: Any, user: Callable[[], User]) -> None:
    one, ann = browser(), user()
    log_in(one, ann)
    made = {"name": f"group of {ann.username}"}
    assert one.post("/admin/auth/group/add/", made).status_code == 302
    assert "was added successfully" in one.get("/admin/auth/group/").content.decode()
    assert "was added successfully" not in one.get("/admin/auth/group/").content.decode()
