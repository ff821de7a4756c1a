"""The settings, and the clients and the keeper of sessions that are made from them.

One function reads each part of the settings. The system checks call the same functions.
"""

import asyncio
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import Any, TypeVar

import redis
import redis.asyncio
from asgiref.sync import AsyncToSync, sync_to_async
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.http import HttpRequest
from django.utils.module_loading import import_string
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from .._before import check_move
from .._keeper import Keeper
from .._options import Options
from .._senders import Steps
from ..sessions import AsyncSessions, Sessions
from .before import Before

T = TypeVar("T")

ENGINE = "sessions_for_redis.django"

DEFAULTS: dict[str, Any] = {
    "SESSIONS_APP": None,
    "SESSIONS_URL": None,
    "SESSIONS_CLIENT": None,
    "SESSIONS_ASYNC_CLIENT": None,
    "SESSIONS_COOKIE": "token",
    "SESSIONS_SECRETS": (),
    "SESSIONS_SLIDING": False,
    "SESSIONS_LIFETIME": None,
    "SESSIONS_ID": None,
    "SESSIONS_MAX": None,
    "SESSIONS_REJECT": False,
    "SESSIONS_MERGE": True,
    "SESSIONS_IP": None,
    "SESSIONS_FROM": None,
}

# A command is not sent again if its reply was lost: a second ROTATE would find no session.
_WAITS = {"socket_timeout": 5, "socket_connect_timeout": 5}


class WrongSetting(ImproperlyConfigured):
    """`id` and `hint` are shown by the system check."""

    def __init__(self, id: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.id = id
        self.hint = hint


def setting(name: str) -> Any:
    return getattr(settings, name, DEFAULTS[name])


def _imported(name: str, id: str, purpose: str) -> Any:
    """The object that a setting contains or names by its dotted path."""
    value = setting(name)
    if not isinstance(value, str):
        return value
    try:
        return import_string(value)
    except ImportError as error:
        raise WrongSetting(id, f"{name}: {error}.", f"{name} is the dotted path of {purpose}.") from error


def _function(name: str, id: str, purpose: str) -> Callable[..., Any] | None:
    value: Callable[..., Any] | None = _imported(name, id, purpose)
    if value is not None and not callable(value):
        raise WrongSetting(id, f"{name} is not a function.", f"{name} is {purpose}, or its dotted path.")
    return value


_CLIENT = "a client of redis-py, or of a function that returns one"
_PER_LOOP = "a function that returns a client of redis.asyncio: it is called once for each event loop"
_URL = 'For example SESSIONS_URL = "redis://127.0.0.1:6379/0".'


def _from_url(library: Any, retry: Any) -> Any:
    try:
        return library.Redis.from_url(setting("SESSIONS_URL"), retry=retry, **_WAITS)
    except (ValueError, TypeError, AttributeError) as error:
        raise WrongSetting("E003", "SESSIONS_URL is not the URL of a Redis server.", _URL) from error


def _client() -> Any:
    if (setting("SESSIONS_URL") is None) == (setting("SESSIONS_CLIENT") is None):
        hint = f"{_URL} SESSIONS_CLIENT is the dotted path of {_CLIENT}."
        raise WrongSetting("E002", "Exactly one of SESSIONS_URL and SESSIONS_CLIENT must be set.", hint)
    if setting("SESSIONS_URL") is not None:
        return _from_url(redis, Retry(NoBackoff(), 0))
    found = _imported("SESSIONS_CLIENT", "E004", _CLIENT)
    return found() if callable(found) else found


@lru_cache(maxsize=1)
def _sessions() -> Sessions:
    client = _client()
    try:
        return Sessions(client, app=setting("SESSIONS_APP"))
    except ValueError as error:
        hint = 'The name that separates the sessions of this site from others, for example SESSIONS_APP = "shop".'
        raise WrongSetting("E001", f"SESSIONS_APP: {error}.", hint) from error
    except TypeError as error:
        raise WrongSetting("E004", f"SESSIONS_CLIENT: {error}.", f"It is {_CLIENT}.") from error


def _async_maker() -> Callable[[], Any] | None:
    made = _function("SESSIONS_ASYNC_CLIENT", "E005", _PER_LOOP)
    if made is None and setting("SESSIONS_URL") is not None:
        return lambda: _from_url(redis.asyncio, AsyncRetry(NoBackoff(), 0))
    return made


def _options() -> Options:
    names = ("COOKIE", "SECRETS", "LIFETIME", "MAX", "REJECT", "MERGE")
    given = {name.lower(): setting(f"SESSIONS_{name}") for name in names}
    owner = setting("SESSIONS_ID")
    if owner is not False:
        owner = _function("SESSIONS_ID", "E006", "a function of a session's data that returns its user's id, or False")
    try:
        return Options(id=owner, **given)
    except (ValueError, TypeError) as error:
        hint = "An option is a setting with SESSIONS_ before its name, for example SESSIONS_MAX."
        raise WrongSetting("E006", f"SESSIONS_ settings: {error}.", hint) from error


def _usual(data: Any) -> object:
    """The id of the session's user, as django.contrib.auth stores it."""
    return data.get("_auth_user_id")


def _keeper() -> Keeper:
    sessions, options = _sessions(), _options()
    try:
        return Keeper(sessions.site, options, _usual)
    except ValueError as error:
        raise WrongSetting("E006", f"SESSIONS_ID: {error}.", 'Set SESSIONS_COOKIE = "token".') from error


def _before() -> Before | None:
    name = setting("SESSIONS_FROM")
    if name is None:
        return None
    hint = 'For example SESSIONS_FROM = "django.contrib.sessions.backends.cached_db".'
    if name in (ENGINE, "django.contrib.sessions.backends.signed_cookies"):
        why = "a session in a cookie cannot be ended" if name != ENGINE else "it is the engine itself"
        raise WrongSetting("E007", f"SESSIONS_FROM cannot be {name}: {why}.", hint)
    try:
        engine = import_module(name).SessionStore
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise WrongSetting("E007", f"SESSIONS_FROM is not a session engine: {error}.", hint) from error
    if hasattr(engine, "get_model_class"):
        try:
            engine.get_model_class()
        except RuntimeError as error:
            hint = 'Leave "django.contrib.sessions" in INSTALLED_APPS.'
            raise WrongSetting("E007", f"SESSIONS_FROM has no table: {error}", hint) from error
    form = _options().form()
    try:
        check_move(form, _sessions().is_cluster)
    except ValueError as error:
        raise WrongSetting("E007", f"SESSIONS_FROM: {error}.", "Remove SESSIONS_FROM.") from error
    return Before(engine, form)


def _address() -> Callable[[HttpRequest], object]:
    purpose = "a function of the request that returns the client's address"
    found = _function("SESSIONS_IP", "E008", purpose)
    return found or (lambda request: request.META.get("REMOTE_ADDR"))


def is_engine() -> bool:
    """Whether the site uses this engine, or an engine that is derived from it."""
    try:
        store = import_module(settings.SESSION_ENGINE).SessionStore
    except (ImportError, AttributeError):
        return False
    return issubclass(store, import_module(ENGINE).SessionStore)


def _serializer() -> Any:
    hint = "Use django.contrib.sessions.serializers.JSONSerializer, the default, or a class derived from it."
    try:
        made = import_string(settings.SESSION_SERIALIZER)
    except (ImportError, AttributeError) as error:
        raise WrongSetting("E009", f"SESSION_SERIALIZER: {error}.", hint) from error
    try:
        is_json = bytes(made().dumps({"a": [1]})).replace(b" ", b"") == b'{"a":[1]}'
    except Exception as error:
        raise WrongSetting("E009", f"SESSION_SERIALIZER fails: {error}.", hint) from error
    if not is_json:
        raise WrongSetting("E009", "SESSION_SERIALIZER does not write JSON.", hint)
    return made


#: The functions that the system checks call, one for each part of the settings.
PARTS: tuple[Callable[[], object], ...] = (_keeper, _async_maker, _before, _address, _serializer)


def is_for_one_call(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether async_to_sync has made the loop.

    Under WSGI it makes one per request, so a connection would serve one request only.
    """
    return loop in getattr(AsyncToSync, "loop_thread_executors", ())


class Configuration:
    """The objects that the settings describe."""

    def __init__(self) -> None:
        self.sessions = _sessions()
        self.keeper = _keeper()
        self.before = _before()
        self.form = self.keeper.form
        self.address = _address()
        self.serializer = _serializer()
        self.is_sliding = bool(setting("SESSIONS_SLIDING"))
        self.lifetime: int | None = setting("SESSIONS_LIFETIME")
        self._make_async = _async_maker()
        self._by_loop: dict[asyncio.AbstractEventLoop, AsyncSessions] = {}

    def run(self, steps: Steps[T]) -> T:
        return self.sessions.sender.run(steps)

    async def arun(self, steps: Steps[T]) -> T:
        sessions = self._of_loop()
        if sessions is not None:
            return await sessions.sender.run(steps)
        return await sync_to_async(self.run, thread_sensitive=False)(steps)

    def _of_loop(self) -> AsyncSessions | None:
        """The sessions of the running loop; None if the client that waits is used in a thread."""
        loop = asyncio.get_running_loop()
        if self._make_async is None or is_for_one_call(loop):
            return None
        found = self._by_loop.get(loop)
        if found is None:
            # A client refers to its loop, so the loops that have ended must be removed here.
            for ended in [each for each in self._by_loop if each.is_closed()]:
                del self._by_loop[ended]
            found = self._by_loop[loop] = AsyncSessions(self._make_async(), app=self.sessions.app)
        return found


@lru_cache(maxsize=1)
def configuration() -> Configuration:
    return Configuration()


def address_of(request: HttpRequest) -> object:
    return configuration().address(request)


def _forget(*, setting: str, **_: Any) -> None:
    """Resets the objects when a test overrides settings."""
    if setting.startswith("SESSIONS_") or setting == "SESSION_SERIALIZER":
        configuration.cache_clear()
        _sessions.cache_clear()


setting_changed.connect(_forget, dispatch_uid="sessions_for_redis.settings")
