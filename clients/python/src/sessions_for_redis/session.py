"""The types of the arguments and results of the commands."""

from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any, Final


class Unset(Enum):
    """The type of UNSET."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return "UNSET"


#: An argument that was not given, if None has another meaning.
UNSET: Final = Unset.UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session as the server returns it. Unknown fields are None."""

    #: The sid names the session but gives no access to it.
    sid: str
    #: The user of the session; None if it is anonymous.
    id: str | None = None
    #: The number of reads.
    r: int
    #: The number of writes.
    w: int
    #: The number of seconds that the session may be idle; with `no_resave`, the seconds that are
    #: left.
    ttl: int
    #: Seconds since the last use.
    idle: int
    ip: str | None = None
    ua: str | None = None
    #: Unix time in seconds.
    created: int | None = None
    #: Unix time in seconds: the end that no use extends.
    until: int | None = None
    no_resave: bool = False
    #: The data; empty in a list that was read with `no_data`.
    d: dict[str, Any] = field(default_factory=dict)
    #: The stored text, where another program stored something other than a JSON object.
    d_text: str | None = None
    #: Only with `with_tokens`; also if the session was found by its old token during a grace.
    token: str | None = field(default=None, repr=False)


_KNOWN = frozenset(each.name for each in fields(Session))


def session_of(shown: dict[str, Any]) -> Session:
    """The session that the server has returned. Fields that a newer module adds are omitted."""
    return Session(**{name: value for name, value in shown.items() if name in _KNOWN})
