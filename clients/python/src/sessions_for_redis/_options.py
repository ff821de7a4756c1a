"""The options of all frameworks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any, Literal, TypeAlias

from ._cookies import Form, form

Owner: TypeAlias = Callable[[Mapping[str, Any]], object]


# The limits of the server.
_HIGHEST = {"ttl": 315_360_000, "lifetime": 315_360_000, "max": 100}


@dataclass(frozen=True, kw_only=True)
class Options:
    #: `token`: the cookie's value is the token. `sha256` and `signed`: the token is the SHA-256 of
    #: a value that this package generates; in `signed` a signature follows the value, as in
    #: express-session.
    cookie: str = "token"
    #: For `signed`: the first secret signs, and the signatures of all are accepted.
    secrets: Sequence[str] = ()
    #: Seconds without use after which a session ends.
    ttl: int = 86_400
    #: Seconds after which a session ends even if it is in use, counted from its start and from a
    #: log-in.
    lifetime: int | None = None
    #: Returns the user of the session from its data. False: sessions have no user. None: the user
    #: that the framework keeps.
    id: Owner | Literal[False] | None = None
    #: The maximum number of sessions per user: a log-in ends the least recently active ones.
    max: int | None = None
    #: Refuse the log-in instead, with LimitError.
    reject: bool = False
    #: Whether a request stores only the keys that it has changed, so that simultaneous requests
    #: lose nothing.
    merge: bool = True

    def __post_init__(self) -> None:
        for name, highest in _HIGHEST.items():
            value = getattr(self, name)
            is_whole = isinstance(value, int) and not isinstance(value, bool)
            is_left_out = value is None and name != "ttl"
            if not is_left_out and not (is_whole and 1 <= value <= highest):
                raise ValueError(f"{name} must be a whole number from 1 to {highest}")
        for name in ("reject", "merge"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name} must be True or False")
        is_function = callable(self.id) and not iscoroutinefunction(self.id)
        if not (self.id is None or self.id is False or is_function):
            raise ValueError("id must be a function, without async, of the session's data, or False")
        if self.reject and self.max is None:
            raise ValueError("reject requires max")
        self.form()

    def form(self) -> Form:
        return form(self.cookie, self.secrets)


def owner_of(options: Options, usual: Owner | None, is_cluster: bool) -> Callable[[Mapping[str, Any]], str | None]:
    """The function that finds the user of a session. `usual` is the framework's own function."""
    if is_cluster and options.cookie != "token":
        if options.id:
            raise ValueError(
                "`id` cannot be used in a cluster with this form of the cookie: the session's token is made of the "
                "cookie's value, so it is in another hash slot than the user's sessions. Use cookie=\"token\""
            )
        return lambda data: None
    if options.id is False:
        return lambda data: None
    find = options.id or usual
    if find is None:
        return lambda data: None
    return lambda data: _text(find(data))


def login_of(options: Options, usual: Owner | None) -> Callable[[Mapping[str, Any]], str | None]:
    """The function that finds the logged-in user, also if sessions have no user in the server."""
    find = options.id or usual
    return (lambda data: None) if find is None else (lambda data: _text(find(data)))


def _text(value: object) -> str | None:
    """The id as text, from a text, a number or a UUID. False and an empty text are not ids."""
    return None if value is None or value is False or value == "" else str(value)
