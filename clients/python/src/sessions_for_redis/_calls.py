"""The commands: each function builds the words of one command and decodes its reply.

The methods of `Sessions` and `AsyncSessions` are made from these functions, so that each command is
written once. The server applies all rules. This file only decides which node gets a command.
"""

from itertools import chain, zip_longest
from secrets import token_hex
from typing import Any, TypeVar

from ._data import Data, data_text, from_json
from ._words import Call, Site, Words
from .session import UNSET, Session, Unset, session_of

T = TypeVar("T")


def _text(reply: bytes) -> str:
    return reply.decode("utf-8", "replace")


def _text_or_none(reply: bytes | None) -> str | None:
    return None if reply is None else _text(reply)


def _session_or_none(reply: bytes | None) -> Session | None:
    return None if reply is None else session_of(from_json(reply))


def _sessions(reply: bytes) -> list[Session]:
    return [session_of(shown) for shown in from_json(reply)]


def _whole(reply: Any) -> int:
    return int(reply)


def _whole_or_none(reply: Any) -> int | None:
    return None if reply is None else int(reply)


def _is_one(reply: Any) -> bool:
    return int(reply) == 1


def _sum(replies: list[Any]) -> int:
    return sum(map(int, replies))


def create(
    site: Site,
    id: str | int | None,
    *,
    ip: str | None = None,
    ua: str | None = None,
    ttl: int | None = None,
    lifetime: int | None = None,
    no_resave: bool = False,
    max: int | None = None,
    reject: bool = False,
    data: Data | None = None,
) -> Call[str]:
    """Creates a session and returns its token. With None as id the session is anonymous."""
    # In a cluster the random text distributes anonymous sessions over the nodes.
    words = Words(site, "CREATE", id=token_hex(8) if id is None else id).flag("ANON", id is None)
    words.option("IP", ip).option("UA", ua).option("TTL", ttl).option("LIFETIME", lifetime)
    words.flag("NORESAVE", no_resave).option("MAX", max).flag("REJECT", reject)
    return words.data(data).at(_text)


def get(site: Site, token: str) -> Call[Session | None]:
    """Reads a session, counts the read and refreshes it.

    Returns None if there is no such session.
    """
    return Words(site, "GET", token=token).flag("JSON", True).at(_session_or_none)


def peek(site: Site, token: str) -> Call[Session | None]:
    """Reads a session without counting or refreshing it."""
    return Words(site, "PEEK", token=token).flag("JSON", True).at(_session_or_none)


def set(
    site: Site,
    token: str,
    changes: Data,
    *,
    if_w: int | None = None,
    if_id: str | int | None = None,
    ttl: int | None = None,
    lifetime: int | None = None,
) -> Call[Session | None]:
    """Merges the changes into the data: None removes a key, and other keys stay.

    Returns the changed session, or None.

    `if_w`: only if `w` is this number, otherwise ConflictError. `if_id`: only if the session
    belongs to this id (`""`: if it is anonymous), otherwise None.
    """
    words = Words(site, "SET", token=token, changes=data_text(changes)).option("IFW", if_w).option("IFID", if_id)
    words.option("TTL", ttl).option("LIFETIME", lifetime).flag("JSON", True)
    return words.at(_session_or_none)


def save(
    site: Site,
    token: str,
    data: Data,
    *,
    nx: bool = False,
    xx: bool = False,
    id: str | int | Unset | None = UNSET,
    ip: str | None = None,
    ua: str | None = None,
    ttl: int | None = None,
    lifetime: int | None = None,
    no_resave: bool = False,
    max: int | None = None,
    reject: bool = False,
    if_w: int | None = None,
) -> Call[int]:
    """Saves all data of a session under a token that the caller has generated.

    Returns 2: created, 1: written, 0: not allowed by `nx`, `xx` or `if_w`.

    `id` gives the session to a user, and None makes it anonymous. Without `id` the session keeps
    its user.
    """
    words = Words(site, "SAVE", token=token, data=data_text(data)).flag("NX", nx).flag("XX", xx).owner(id)
    words.option("IP", ip).option("UA", ua).option("TTL", ttl).option("LIFETIME", lifetime)
    words.flag("NORESAVE", no_resave).option("MAX", max).flag("REJECT", reject).option("IFW", if_w)
    return words.at(_whole)


def incr(site: Site, token: str, key: str, by: int = 1) -> Call[int | None]:
    """Adds to a number in the data and returns the sum, or None."""
    return Words(site, "INCR", token=token, key=key).option("BY", by).at(_whole_or_none)


def touch(site: Site, token: str, *, ttl: int | None = None) -> Call[bool]:
    """Refreshes a session without reading it. Returns whether there is one."""
    return Words(site, "TOUCH", token=token).option("TTL", ttl).at(_is_one)


def exists(site: Site, token: str) -> Call[bool]:
    """Returns whether there is such a session. This is not a use of the session."""
    return Words(site, "EXISTS", token=token).at(_is_one)


def rotate(
    site: Site,
    token: str,
    *,
    id: str | int | Unset | None = UNSET,
    grace: int | None = None,
    ip: str | None = None,
    ua: str | None = None,
    ttl: int | None = None,
    lifetime: int | None = None,
    max: int | None = None,
    reject: bool = False,
    data: Data | None = None,
) -> Call[str | None]:
    """Replaces the session's token and returns the new one, or None.

    With `id` (a log-in) the session gets that user; with `id=None` (a log-out) it becomes
    anonymous.

    `grace`: seconds for which the old token still names the session. `data` is merged into the
    data.
    """
    words = Words(site, "ROTATE", token=token).owner(id).option("GRACE", grace)
    words.option("IP", ip).option("UA", ua).option("TTL", ttl).option("LIFETIME", lifetime)
    words.option("MAX", max).flag("REJECT", reject)
    return words.data(data).at(_text_or_none)


def kill(site: Site, token: str) -> Call[bool]:
    """Ends a session. Returns whether there was one."""
    return Words(site, "KILL", token=token).at(_is_one)


def kill_soid(site: Site, id: str | int, *, except_: str | None = None, only: str | None = None) -> Call[int]:
    """Ends the sessions of an id: all, all except the one with the token `except_`, or only the one
    with the sid `only`.
    """
    return Words(site, "KILLSOID", id=id).option("EXCEPT", except_).option("ONLY", only).at(_whole)


def kill_all(site: Site) -> Call[int]:
    """Ends all sessions of the app. Returns how many."""
    return Words(site, "KILLALL").everywhere(_sum)


def soid(
    site: Site,
    id: str | int,
    *,
    only: str | None = None,
    dt: int | None = None,
    asc: bool = False,
    offset: int = 0,
    limit: int | None = None,
    no_data: bool = False,
    with_tokens: bool = False,
) -> Call[list[Session]]:
    """The sessions of an id, most recently active first; `asc`: least recently active first."""
    words = Words(site, "SOID", id=id).option("ONLY", only).option("DT", dt).flag("ASC", asc)
    words.page(offset, limit).flag("NODATA", no_data).flag("WITHTOKENS", with_tokens).flag("JSON", True)
    return words.at(_sessions)


def _page_of_each(site: Site, offset: int, limit: int | None) -> tuple[int, int | None]:
    """The page that each node returns, from which the requested page is cut."""
    if not site.is_cluster:
        return offset, limit
    return 0, None if limit is None else offset + limit


def _cut(site: Site, items: list[T], offset: int, limit: int | None) -> list[T]:
    if not site.is_cluster:
        return items
    return items[offset:] if limit is None else items[offset : offset + limit]


def soapp(
    site: Site,
    dt: int,
    *,
    offset: int = 0,
    limit: int | None = None,
    no_data: bool = False,
    with_tokens: bool = False,
) -> Call[list[Session]]:
    """The sessions of the app that were active within `dt` seconds (0: no limit), most recently
    active first.
    """
    words = Words(site, "SOAPP", dt=dt).page(*_page_of_each(site, offset, limit))
    words.flag("NODATA", no_data).flag("WITHTOKENS", with_tokens).flag("JSON", True)

    def decode(replies: list[bytes]) -> list[Session]:
        listed = list(chain.from_iterable(map(_sessions, replies)))
        if site.is_cluster:
            listed.sort(key=lambda session: session.idle)
        return _cut(site, listed, offset, limit)

    return words.everywhere(decode)


def activity(site: Site, dt: int) -> Call[int]:
    """How many ids were active within `dt` seconds (0: no limit)."""
    return Words(site, "ACTIVITY", dt=dt).everywhere(_sum)


def count(site: Site, *, dt: int | None = None) -> Call[int]:
    """How many sessions the app has, or had within `dt` seconds."""
    return Words(site, "COUNT").option("DT", dt).everywhere(_sum)


def count_soid(site: Site, id: str | int, *, dt: int | None = None) -> Call[int]:
    """How many live sessions an id has."""
    return Words(site, "COUNTSOID", id=id).option("DT", dt).at(_whole)


def users(site: Site, dt: int, *, offset: int = 0, limit: int | None = None) -> Call[list[str]]:
    """The ids that were active within `dt` seconds; most recently active first (in a cluster, per
    node).
    """
    words = Words(site, "USERS", dt=dt).page(*_page_of_each(site, offset, limit))

    def decode(replies: list[list[bytes]]) -> list[str]:
        # One id of each node in turn.
        in_turn = chain.from_iterable(zip_longest(*replies))
        return _cut(site, [_text(id) for id in in_turn if id is not None], offset, limit)

    return words.everywhere(decode)
