"""Translates the errors that redis-py raises into the errors of this package.

Every error is a new object that has only the text of the old one. Some errors repeat the arguments
of the command, and so a token: several errors of redis-py, and the server's error for an unknown
command. Their text is replaced.
"""

import asyncio
import re

from redis import exceptions
from redis.exceptions import RedisClusterException, RedisError

from .errors import (
    ConflictError,
    CrossSlotError,
    DataTooLargeError,
    InvalidArgumentError,
    LimitError,
    NoModuleError,
    NoPermissionError,
    SessionsError,
    TryAgainError,
    UnavailableError,
)

# What a client raises if a command fails. A wrong use of the client, such as from another event
# loop, is not a failure of the command and is raised unchanged.
FAILURES = (RedisError, RedisClusterException, OSError, asyncio.TimeoutError)

_CLASSES: dict[str, type[SessionsError]] = {
    "CONFLICT": ConflictError,
    "LIMIT": LimitError,
    "CROSSSLOT": CrossSlotError,
    "TRYAGAIN": TryAgainError,
    "NOPERM": NoPermissionError,
}

# redis-py removes the code from the text of these replies and raises a class instead.
_CODES: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.NoPermissionError, "NOPERM"),
    (exceptions.TryAgainError, "TRYAGAIN"),
    (exceptions.ClusterCrossSlotError, "CROSSSLOT"),
    (exceptions.MasterDownError, "MASTERDOWN"),
    (exceptions.ClusterDownError, "CLUSTERDOWN"),
    (exceptions.OutOfMemoryError, "OOM"),
    (exceptions.ReadOnlyError, "READONLY"),
    (exceptions.BusyLoadingError, "LOADING"),
    (exceptions.AuthenticationError, "NOAUTH"),
)

NO_MODULE = (
    "The Redis server has no SESSIONS commands. Load the sessions module into it (in redis.conf: loadmodule "
    "/path/to/libsessions.so), on a cluster or with replicas into every server. Redis 7.0 or Valkey 8 is the oldest "
    "server that can load it."
)
OLD_MODULE = "The sessions module in the Redis server is too old for this package. Load a newer one."

_UNKNOWN = re.compile(r"unknown command|command doesn't exist", re.IGNORECASE)
_UNKNOWN_OPTION = re.compile(r"^(ERR )?syntax error: unknown option")
_INVALID = re.compile(r"^(ERR )?(invalid|syntax error|wrong number of arguments)")
_TOO_LARGE = re.compile(r"^(ERR )?data too large")
_CODE = re.compile(r"^([A-Z]{3,}) ")


def translated(failure: BaseException) -> SessionsError:
    """The error of this package for what a client has raised."""
    text = str(failure)
    for kind, code in _CODES:
        if isinstance(failure, kind):
            return _CLASSES.get(code, SessionsError)(text if text.startswith(code) else f"{code} {text}", code)
    if isinstance(failure, RedisError) and _UNKNOWN.search(text):
        return NoModuleError(NO_MODULE, "NOMODULE")
    if isinstance(failure, exceptions.ClusterError) and "TTL exhausted" in text:
        return TryAgainError("TRYAGAIN hash slots are moving to another node", "TRYAGAIN")
    if isinstance(failure, exceptions.ResponseError):
        return _of_reply(text)
    if isinstance(failure, (exceptions.ConnectionError, exceptions.TimeoutError)):
        return UnavailableError(text or "no reply from Redis in time", "UNAVAILABLE")
    if isinstance(failure, asyncio.TimeoutError):
        return UnavailableError("no reply from Redis in time", "UNAVAILABLE")
    return UnavailableError(f"no reply from Redis: {type(failure).__name__}", "UNAVAILABLE")


def _of_reply(text: str) -> SessionsError:
    if _UNKNOWN_OPTION.match(text):
        return NoModuleError(OLD_MODULE, "NOMODULE")
    if _INVALID.match(text):
        return InvalidArgumentError(_with_code(text), "INVALID")
    if _TOO_LARGE.match(text):
        return DataTooLargeError(_with_code(text), "TOOLARGE")
    found = _CODE.match(text)
    code = found[1] if found else "ERR"
    return _CLASSES.get(code, SessionsError)(_with_code(text), code)


def _with_code(text: str) -> str:
    """The server's text: redis-py removes the word ERR."""
    return text if _CODE.match(text) else f"ERR {text}"
