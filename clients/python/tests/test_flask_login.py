"""Flask-Login over these sessions: what its users rely on, and what a site has to know."""

import datetime
from typing import Any

import flask
import flask_login
import pytest
import redis
from support.flask_site import User, a_site
from support.server import Server

from sessions_for_redis.flask import SessionsInterface


@pytest.fixture
def interface(server: Server, app: str) -> SessionsInterface:
    return SessionsInterface(redis.Redis(unix_socket_path=server.path), app=app)


def the_site(interface: SessionsInterface, protection: str | None = "basic") -> flask.Flask:
    site = a_site(interface)
    site.login_manager.session_protection = protection  # type: ignore[attr-defined]

    @site.post("/remember/<name>")
    def remember(name: str) -> str:
        flask_login.login_user(User(name), remember=True, duration=datetime.timedelta(days=1))
        return "done"

    @site.get("/fresh")
    def fresh() -> Any:
        return {"name": flask_login.current_user.get_id(), "fresh": flask_login.login_fresh()}

    @site.post("/confirm")
    def confirm() -> str:
        flask_login.confirm_login()
        return "done"

    return site


def shown(browser: Any, agent: str = "one") -> Any:
    return browser.get("/fresh", headers={"User-Agent": agent}).json


def test_a_log_in_is_fresh_and_is_seen_as_stale_from_another_browser(interface: SessionsInterface) -> None:
    browser = the_site(interface).test_client()
    browser.post("/login/ann", json={}, headers={"User-Agent": "one"})
    assert shown(browser) == {"name": "ann", "fresh": True}
    assert shown(browser, "another") == {"name": "ann", "fresh": False}
    assert shown(browser) == {"name": "ann", "fresh": False}
    browser.post("/confirm", json={}, headers={"User-Agent": "one"})
    assert shown(browser) == {"name": "ann", "fresh": True}
    assert len(interface.sessions_of("ann")) == 1


def test_with_strong_protection_a_cookie_that_moved_to_another_browser_is_nobodys(
    interface: SessionsInterface,
) -> None:
    browser = the_site(interface, "strong").test_client()
    browser.post("/login/ann", json={}, headers={"User-Agent": "one"})
    assert shown(browser, "another") == {"name": None, "fresh": False}
    assert interface.sessions_of("ann") == []
    assert shown(browser)["name"] is None


def test_remember_me_opens_a_new_session_of_the_user_after_hers_was_ended(interface: SessionsInterface) -> None:
    browser = the_site(interface, None).test_client()
    browser.post("/remember/ann", json={}, headers={"User-Agent": "one"})
    assert shown(browser) == {"name": "ann", "fresh": True}
    before = browser.get_cookie("session")
    assert interface.end_all("ann") == 1
    # The cookie of Flask-Login is a log-in of its own, as docs/python.md says.
    assert shown(browser) == {"name": "ann", "fresh": False}
    assert len(interface.sessions_of("ann")) == 1
    assert browser.get_cookie("session") != before
    browser.post("/logout", json={})
    assert shown(browser) == {"name": None, "fresh": False}
    assert interface.sessions_of("ann") == []


def test_a_user_is_logged_in_after_another_in_the_same_browser(interface: SessionsInterface) -> None:
    browser = the_site(interface).test_client()
    browser.post("/login/ann", json={}, headers={"User-Agent": "one"})
    before = browser.get_cookie("session")
    browser.post("/login/bob", json={}, headers={"User-Agent": "one"})
    assert shown(browser)["name"] == "bob"
    assert browser.get_cookie("session") != before
    assert (interface.sessions_of("ann"), len(interface.sessions_of("bob"))) == ([], 1)
