"""A user's sessions outside of a request: for tasks, signals, views for staff and the command
`usersessions`.
"""

from typing import Any

from django.http import HttpRequest

from ..session import Session
from .conf import configuration


def _id(user: Any) -> str:
    """The id of a user; an id is returned unchanged."""
    meta = getattr(user, "_meta", None)
    return str(user) if meta is None else str(meta.pk.value_to_string(user))


def sessions_of(user: Any) -> list[Session]:
    """The sessions of a user or of an id, most recently active first."""
    return configuration().run(configuration().keeper.sessions_of(_id(user)))


async def asessions_of(user: Any) -> list[Session]:
    return await configuration().arun(configuration().keeper.sessions_of(_id(user)))


def end_all(user: Any, *, only: str | None = None) -> int:
    """Ends all sessions of a user or of an id, or the one with the sid `only`; returns how many."""
    return configuration().run(configuration().keeper.end_all(_id(user), only))


async def aend_all(user: Any, *, only: str | None = None) -> int:
    return await configuration().arun(configuration().keeper.end_all(_id(user), only))


def sid_of(request: HttpRequest) -> str | None:
    """The sid of the request's session, to find this device in the result of `sessions_of`.

    None: there is no session.
    """
    sid: str | None = request.session.sid  # type: ignore[attr-defined]
    return sid
