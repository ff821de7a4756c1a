"""What the tests of the store share."""

from collections.abc import Callable
from typing import Any

import pytest
from support.server import Server

from sessions_for_redis import Session, Sessions

Make = Callable[..., Any]
FORMS = [
    pytest.param(form, marks=pytest.mark.site(SESSIONS_COOKIE=form, SESSIONS_SECRETS=secrets), id=form)
    for form, secrets in (("token", ()), ("sha256", ()), ("signed", ["cats"]))
]


def stored(sessions: Sessions, session: Any) -> Session:
    found = sessions.peek(session._known.token)
    assert found is not None
    return found


def made(session: Make, **data: Any) -> Any:
    new = session()
    for name, value in data.items():
        new.set(name, value)
    new.save()
    return new


def commands(server: Server) -> dict[str, int]:
    """How often each command was called since the last time."""
    lines = server.ask("INFO commandstats").splitlines()
    server.ask("CONFIG RESETSTAT")
    calls = [line.removeprefix("cmdstat_").split(":calls=") for line in lines if line.startswith("cmdstat_sess")]
    return {name.removeprefix("sessions."): int(rest.split(",")[0]) for name, rest in calls}
