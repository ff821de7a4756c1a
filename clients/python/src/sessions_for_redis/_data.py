"""The data of a session: what JSON can hold.

A value that JSON cannot hold is refused with an error that names it: it is not silently lost or
changed.
"""

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn, TypeAlias

# The limits of the server: the levels, of which the data is the first, and the characters of a
# number.
_LEVELS = 32
_TOO_LARGE, _TOO_SMALL = 10**128, -(10**127)


class Json(str):
    """An object that is JSON already."""

    __slots__ = ()


Data: TypeAlias = Mapping[str, Any] | Json


def _refuse(path: str, what: str) -> NoReturn:
    raise TypeError(f"session data: {path or 'the data'} {what}")


def _check_text(text: str, path: str) -> None:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            # From None: the error would show the text, which may be a secret.
            raise TypeError(f"session data: {path} contains half of a surrogate pair, which JSON cannot hold") from None


def _check(value: object, path: str, parents: tuple[int, ...]) -> None:
    if value is None:
        return
    if isinstance(value, int):
        if not _TOO_SMALL < value < _TOO_LARGE:
            _refuse(path, "is a number of more than 128 characters")
    elif isinstance(value, str):
        _check_text(value, path)
    elif isinstance(value, float):
        if not math.isfinite(value):
            _refuse(path, f"is {value}, which JSON cannot represent")
    elif isinstance(value, (dict, list, tuple)):
        if id(value) in parents:
            _refuse(path, "is a reference to what contains it, which JSON cannot represent")
        if len(parents) == _LEVELS:
            _refuse(path, f"is more than {_LEVELS} levels deep")
        _check_parts(value, path, (*parents, id(value)))
    else:
        _refuse(path, f"is a {type(value).__name__}, which JSON cannot represent")


def _check_parts(value: dict[Any, Any] | list[Any] | tuple[Any, ...], path: str, parents: tuple[int, ...]) -> None:
    if not isinstance(value, dict):
        for number, part in enumerate(value):
            _check(part, f"{path}[{number}]", parents)
        return
    for name, part in value.items():
        check_key(name, path)
        _check(part, f"{path}.{name}" if path else name, parents)


def check_key(name: object, path: str) -> None:
    if not isinstance(name, str):
        _refuse(path, f"has a key that is a {type(name).__name__}; JSON has only texts as keys")
    _check_text(name, f"a key of {path or 'the data'}")


# Represents the data itself: no object has this id.
_WITHIN_DATA = (-1,)

# json.dumps would make an encoder at each call.
_written = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def to_json(value: object, path: str) -> str:
    """The JSON text of one value of a session, or of the data if the path is empty.

    A tuple becomes a list.
    """
    _check(value, path, _WITHIN_DATA if path else ())
    return _written(value)


def data_text(data: Data) -> str:
    """The JSON text of a session's data."""
    if isinstance(data, Json):
        return data
    if not isinstance(data, Mapping):
        raise TypeError(f"session data: must be a dict, not a {type(data).__name__}")
    return to_json(data if isinstance(data, dict) else dict(data), "")


def from_json(text: str | bytes) -> Any:
    return json.loads(text)
