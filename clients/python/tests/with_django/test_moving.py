"""Moving from another engine: no user is logged out, and no session that has ended is restored."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from importlib import import_module
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase
from django.core.cache import caches
from django.test import Client, override_settings
from support.server import Server

from sessions_for_redis import Sessions
from sessions_for_redis.django import SessionStore
from sessions_for_redis.django.conf import configuration

ENGINES = ["db", "cached_db", "cache", "file"]
FORMS: list[tuple[str, Any]] = [("token", ()), ("sha256", ()), ("signed", ["cats"])]
Make = Callable[..., Any]


@pytest.fixture(params=ENGINES)
def before(request: pytest.FixtureRequest, server: Server, database: Any, tmp_path: Any) -> Iterator[Any]:
    """The previous engine, which the settings name."""
    name = f"django.contrib.sessions.backends.{request.param}"
    cache = {"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": f"unix://{server.path}"}}
    with override_settings(CACHES=cache, SESSION_FILE_PATH=str(tmp_path), SESSIONS_FROM=name):
        engine = import_module(name).SessionStore
        # The engine file remembers its folder.
        if "_storage_path" in vars(engine):
            del engine._storage_path
        yield engine
        caches["default"].close()


@pytest.fixture(params=FORMS, ids=lambda form: form[0])
def form(request: pytest.FixtureRequest) -> Iterator[str]:
    name, secrets = request.param
    with override_settings(SESSIONS_COOKIE=name, SESSIONS_SECRETS=secrets):
        yield name


def in_another_thread(run: Callable[[], None]) -> None:
    """Another request: a test in a loop must not wait for the database there."""
    with ThreadPoolExecutor() as pool:
        pool.submit(run).result(60)


def old(before: Any, **data: Any) -> str:
    session: SessionBase = before()
    session.update(data)
    session.save()
    assert session.session_key is not None
    return session.session_key


def test_a_browser_stays_logged_in(before: Any, form: str, sessions: Sessions, user: Callable[[], User]) -> None:
    ann, browser = user(), Client()
    with override_settings(SESSION_ENGINE=before.__module__):
        Client().get("/sync/read")
        browser.force_login(ann)
    key = browser.cookies["sessionid"].value
    moved = Client()
    moved.cookies["sessionid"] = key
    assert moved.get("/sync/read").json()["_auth_user_id"] == str(ann.pk)
    assert sessions.count_soid(ann.pk) == 1
    assert not before().exists(key)
    cookie = moved.cookies["sessionid"].value
    assert (cookie == key) is (form == "sha256")
    late = Client()
    for value in (key, cookie):
        late.cookies["sessionid"] = value
        assert late.get("/sync/read").json()["_auth_user_id"] == str(ann.pk)
    assert sessions.count_soid(ann.pk) == 1
    late.get("/sync/logout")
    for value in (key, cookie):
        late.cookies["sessionid"] = value
        assert late.get("/sync/read").json() == {}
    assert sessions.count() == 0


def test_requests_at_once_move_a_session_once(before: Any, form: str, session: Make, sessions: Sessions) -> None:
    key = old(before, cart=1)
    first, second = session(key), session(key)
    assert first.data() == {"cart": 1}
    assert second.data() == {"cart": 1}
    assert first.session_key == second.session_key
    assert (sessions.count(), before().exists(key)) == (1, False)
    first.set("a", 1)
    first.save()
    second.set("b", 2)
    second.save()
    assert session(key).data() == {"cart": 1, "a": 1, "b": 2}


@pytest.mark.parametrize("is_ended", [True, False], ids=["ended", "changed"])
def test_a_request_that_moves_a_session_late_changes_nothing(
    before: Any,
    form: str,
    session: Make,
    sessions: Sessions,
    monkeypatch: pytest.MonkeyPatch,
    is_ended: bool,
) -> None:
    key = old(before, cart=1)
    slow = session(key)
    # The slow request has read the previous store, and writes after another one has moved the
    # session.
    taken = SessionStore._take_over
    done: list[bool] = []

    def use(key: str) -> None:
        fast = SessionStore(key)
        assert dict(fast.items()) == {"cart": 1}
        if is_ended:
            fast.flush()
        else:
            fast["cart"] = 2
            fast.save()

    def late(self: SessionStore, *args: Any) -> Any:
        if self is slow.session and not done:
            done.append(True)
            in_another_thread(lambda: use(key))
        return taken(self, *args)

    monkeypatch.setattr(SessionStore, "_take_over", late)
    assert slow.data() == ({} if is_ended else {"cart": 2})
    assert done
    assert sessions.count() == (0 if is_ended else 1)


def test_requests_that_move_a_session_at_the_same_time_keep_it(
    before: Any, form: str, session: Make, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = old(before, cart=1)
    first = session(key)
    taken, read = SessionStore._take_over, SessionStore._read
    others: list[SessionStore] = []

    def unread(self: SessionStore) -> Any:
        # The other request has asked before the session was stored.
        if others and self is others[0]:
            others[0] = SessionStore("")
            return None
        return (yield from read(self))

    def other() -> None:
        others.append(SessionStore(key))
        assert dict(others[0].items()) == {"cart": 1}

    def take(self: SessionStore, *args: Any) -> Any:
        result = yield from taken(self, *args)
        if self is first.session and not others:
            in_another_thread(other)
        return result

    monkeypatch.setattr(SessionStore, "_take_over", take)
    monkeypatch.setattr(SessionStore, "_read", unread)
    assert first.data() == {"cart": 1}
    assert others
    assert sessions.count() == 1


def test_a_session_that_is_ended_before_it_was_moved_is_ended_in_both_stores(
    before: Any, form: str, session: Make, sessions: Sessions
) -> None:
    key = old(before, cart=1)
    assert session(key).exists(key)
    session(key).flush()
    assert not session(key).exists(key)
    assert session(key).data() == {}
    assert sessions.count() == 0


def test_the_expiry_of_a_session_is_kept(before: Any, session: Make, sessions: Sessions) -> None:
    key = old(before, cart=1, _session_expiry=500)
    moved = session(key)
    assert moved.data() == {"cart": 1, "_session_expiry": 500}
    shown = sessions.peek(moved._known.token)
    assert shown is not None
    assert 498 <= shown.ttl <= 500


def test_an_unknown_cookie_is_no_session(before: Any, form: str, session: Make, sessions: Sessions) -> None:
    for key in ("a" * 32, "A" * 64, "b" * 500, "../../etc/passwd", "s:abc.def"):
        assert session(key).data() == {}
    assert sessions.count() == 0


@pytest.mark.parametrize("before", ["cache"], indirect=True)
def test_a_key_of_this_package_is_looked_for_once(
    before: Any, form: str, session: Make, sessions: Sessions, server: Server
) -> None:
    key = old(before, cart=1)
    new = session()
    new.set("cart", 2)
    new.save()
    ours = new.session_key
    new.flush()
    server.ask("CONFIG RESETSTAT")
    assert session(ours).data() == {}
    assert "cmdstat_get:" not in server.ask("INFO commandstats")
    assert "cmdstat_sessions.get:calls=1," in server.ask("INFO commandstats")
    assert session(key).data() == {"cart": 1}


def test_the_part_of_a_signed_cookie_that_is_signed_opens_nothing(
    before: Any, session: Make, sessions: Sessions
) -> None:
    with override_settings(SESSIONS_COOKIE="signed", SESSIONS_SECRETS=["cats"]):
        new = session()
        new.set("cart", 2)
        new.save()
        drawn = new.session_key.removeprefix("s%3A").partition(".")[0]
        assert len(drawn) == 43
        assert session(drawn).data() == {}
        assert session(new.session_key).data() == {"cart": 2}


@pytest.mark.parametrize("before", ["cache"], indirect=True)
def test_what_json_cannot_hold_is_left_out_and_named_in_the_log(
    before: Any, session: Make, caplog: pytest.LogCaptureFixture
) -> None:
    key = old(before, cart=1, since=datetime(2026, 1, 2))
    assert session(key).data() == {"cart": 1}
    assert "since is a datetime" in caplog.text


def test_a_log_in_during_the_move_is_the_users(before: Any, form: str, session: Make, sessions: Sessions) -> None:
    visitor = session(old(before, cart=1))
    visitor.cycle_key()
    visitor.set("_auth_user_id", "7")
    visitor.save()
    assert session(visitor.session_key).data() == {"cart": 1, "_auth_user_id": "7"}
    assert [shown.id for shown in sessions.soapp(0)] == ["7"]
    assert configuration().before is not None
