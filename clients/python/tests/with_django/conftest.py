"""Django's settings of each test, users, and sessions by both clients."""

import asyncio
import inspect
import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import django
import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings
from support.server import Server

os.environ["DJANGO_SETTINGS_MODULE"] = "with_django.settings"
django.setup()

from django.contrib.auth.models import User  # noqa: E402

from sessions_for_redis import Sessions  # noqa: E402
from sessions_for_redis.django import SessionStore  # noqa: E402
from sessions_for_redis.django.conf import configuration  # noqa: E402

_numbers = count()


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("django") / "db.sqlite3"
    settings.DATABASES["default"]["NAME"] = str(path)
    call_command("migrate", verbosity=0)
    return path


@pytest.fixture(autouse=True)
def site(request: pytest.FixtureRequest, server: Server, app: str) -> Iterator[None]:
    """The settings: `@pytest.mark.site(SESSIONS_…)` adds some."""
    marker = request.node.get_closest_marker("site")
    own = {"SESSIONS_URL": f"unix://{server.path}", "SESSIONS_APP": app, **(marker.kwargs if marker else {})}
    with override_settings(**own):
        yield


@pytest.fixture
def sessions(site: None) -> Sessions:
    """The commands, to see what is stored."""
    return configuration().sessions


@pytest.fixture
def user(database: Path) -> Callable[[], User]:
    def made() -> User:
        name = f"user{next(_numbers)}"
        return User.objects.create_superuser(name, password="secret")

    return made


class Waiting:
    """A session whose methods wait, with the names that Awaited has."""

    def __init__(self, key: str | None = None) -> None:
        self.session = SessionStore(key)

    def set(self, key: str, value: Any) -> None:
        self.session[key] = value

    def data(self) -> dict[str, Any]:
        return dict(self.session.items())

    def __getattr__(self, name: str) -> Any:
        return getattr(self.session, name)


class Awaited:
    """A session whose methods are awaited in a loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, key: str | None = None) -> None:
        self._loop = loop
        self.session = SessionStore(key)

    def data(self) -> dict[str, Any]:
        return dict(self._loop.run_until_complete(self.session.aitems()))

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.session, f"a{name}", None)
        if found is None or not inspect.iscoroutinefunction(found):
            return getattr(self.session, name)
        return lambda *args, **options: self._loop.run_until_complete(found(*args, **options))


@pytest.fixture(params=["waiting", "awaited"])
def session(request: pytest.FixtureRequest, site: None) -> Iterator[Callable[..., Any]]:
    """Makes a SessionStore by each client."""
    if request.param == "waiting":
        yield Waiting
        return
    loop = asyncio.new_event_loop()
    yield lambda key=None: Awaited(loop, key)
    found = configuration()._by_loop.get(loop)
    if found is not None:
        loop.run_until_complete(found.sender._client.aclose())
    loop.close()
