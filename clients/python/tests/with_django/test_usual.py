"""What Django's usual sessions in Redis get wrong, and this engine does not: the same steps over
each.

The usual ones are the engine cache over django-redis and over Django's own cache in Redis.
"""

from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import count
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import UpdateError
from django.core.cache import caches
from django.test import Client, override_settings
from support.server import Server

from sessions_for_redis import Sessions
from sessions_for_redis.django.conf import configuration

OURS = "sessions_for_redis.django"
CACHES = ["django_redis.cache.RedisCache", "django.core.cache.backends.redis.RedisCache"]


class Engine:
    def __init__(self, name: str, is_usual: bool) -> None:
        self.module: Any = import_module(name)
        self.store: Any = self.module.SessionStore
        self.is_usual = is_usual


@pytest.fixture(params=[OURS, *CACHES])
def engine(request: pytest.FixtureRequest, server: Server) -> Iterator[Engine]:
    if request.param == OURS:
        yield Engine(OURS, False)
        return
    usual = {"default": {"BACKEND": request.param, "LOCATION": f"unix://{server.path}", "KEY_PREFIX": "usual"}}
    name = "django.contrib.sessions.backends.cache"
    with override_settings(CACHES=usual, SESSION_ENGINE=name):
        yield Engine(name, True)
        caches["default"].clear()
        caches["default"].close()


def begun(engine: Engine, **data: Any) -> str:
    session = engine.store()
    session.update(data)
    session.save()
    key: str = session.session_key
    return key


def test_requests_at_once_that_change_different_keys(engine: Engine) -> None:
    key = begun(engine, user="ann")
    first, second = engine.store(key), engine.store(key)
    for request in (first, second):
        assert request["user"] == "ann"
    first["a"] = 1
    second["b"] = 2
    first.save()
    second.save()
    expected = {"user": "ann", "b": 2} if engine.is_usual else {"user": "ann", "a": 1, "b": 2}
    assert dict(engine.store(key).items()) == expected, "the usual one loses a"


def steps_of_a_save(engine: Engine, log_out: Callable[[], None], at: int) -> Any:
    """Calls `log_out` before the command number `at` that is sent to the server."""
    sent = 0

    def counted(send: Any) -> Any:
        def wrapped(*args: Any, **options: Any) -> Any:
            nonlocal sent
            sent += 1
            if sent == at:
                log_out()
            return send(*args, **options)

        return wrapped

    if not engine.is_usual:
        sender = configuration().sessions.sender
        return mock.patch.object(sender, "send", counted(sender.send))
    cache = caches["default"]
    # Each method of the cache is one command.
    return mock.patch.multiple(cache, get=counted(cache.get), set=counted(cache.set))


def logs_out_during_a_save(engine: Engine, at: int) -> tuple[bool, bool, bool]:
    """Whether the save had a command of that number, whether the session is there again, and
    whether it was refused.
    """
    key = begun(engine, user="ann", cart=1)
    late = engine.store(key)
    assert late["cart"] == 1
    late["cart"] = 2
    is_over = False

    def log_out() -> None:
        nonlocal is_over
        if not is_over:
            is_over = True
            engine.store(key).flush()

    refused = False
    with steps_of_a_save(engine, log_out, at):
        try:
            late.save()
        except UpdateError:
            refused = True
    return is_over, "user" in engine.store(key), refused


def test_a_log_out_during_a_save_is_not_undone(engine: Engine) -> None:
    revived = []
    for at in count(1):
        was_sent, is_revived, was_refused = logs_out_during_a_save(engine, at)
        if not was_sent:
            break
        if is_revived:
            revived.append((at, was_refused))
    assert at > 1, "the save sent nothing"
    assert revived == ([(2, False)] if engine.is_usual else []), "the usual one looks first, and then writes"


COSTS = [
    # A page, settings of Django, and the commands: of the usual ones, and of this one.
    ("/sync/read", {}, {"get": 1}, {"sessions.get": 1}),
    (
        "/sync/read",
        {"SESSION_SAVE_EVERY_REQUEST": True, "SESSIONS_SLIDING": True},
        {"get": 2, "set": 1},
        {"sessions.get": 1},
    ),
    (
        "/sync/read",
        {"SESSION_SAVE_EVERY_REQUEST": True},
        {"get": 2, "set": 1},
        {"sessions.get": 1, "sessions.touch": 1},
    ),
    ("/sync/write?cart=1", {}, {"get": 2, "set": 1}, {"sessions.get": 1, "sessions.set": 1}),
    ("/sync/write?cart=1", {"SESSION_COOKIE_NAME": "another"}, {"exists": 1, "set": 1}, {"sessions.create": 1}),
]


@pytest.mark.parametrize(("page", "settings", "usual", "ours"), COSTS)
def test_what_a_request_costs(
    engine: Engine,
    server: Server,
    database: Any,
    page: str,
    settings: dict[str, Any],
    usual: dict[str, int],
    ours: dict[str, int],
) -> None:
    with override_settings(**settings):
        browser = Client()
        browser.cookies["sessionid"] = begun(engine, user="ann")
        server.ask("CONFIG RESETSTAT")
        assert browser.get(page).status_code == 200
        lines = server.ask("INFO commandstats").splitlines()
    pairs = [line.removeprefix("cmdstat_").split(":calls=") for line in lines if line.startswith("cmdstat_")]
    counts = {name: int(rest.split(",")[0]) for name, rest in pairs}
    others = {"client|setinfo", "client", "hello", "config|resetstat", "info"}
    counts = {name: number for name, number in counts.items() if name not in others}
    assert counts == (usual if engine.is_usual else ours)


def test_a_users_sessions(engine: Engine, sessions: Sessions, user: Callable[[], User]) -> None:
    ann = user()
    browsers = [Client() for _ in range(3)]
    for browser in browsers:
        browser.force_login(ann)
    functions = {"sessions_of", "end_all"} & set(vars(engine.module))
    assert (functions, hasattr(engine.store, "others")) == (
        (set(), False) if engine.is_usual else ({"sessions_of", "end_all"}, True)
    ), "the usual one has no list of a user's sessions"
    if not engine.is_usual:
        assert len(engine.module.sessions_of(ann)) == 3
        assert browsers[0].session.end_others() == 2
        assert engine.module.end_all(ann) == 1
