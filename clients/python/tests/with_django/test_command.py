"""`manage.py usersessions`, and the functions behind it."""

import asyncio
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.http import HttpRequest
from django.test import Client, override_settings

from sessions_for_redis import Sessions
from sessions_for_redis.django import SessionStore, aend_all, asessions_of, end_all, sessions_of, sid_of


def run(*words: str, **options: Any) -> list[str]:
    out = StringIO()
    call_command("usersessions", *words, stdout=out, **options)
    return out.getvalue().splitlines()


def test_a_users_sessions_are_listed_and_ended(sessions: Sessions, user: Callable[[], User]) -> None:
    ann, bob = user(), user()
    for each in (ann, ann, bob):
        Client(headers={"user-agent": "Firefox"}).force_login(each)
    lines = run(ann.username)
    assert len(lines) == 2
    for line in lines:
        assert len(line.split()[0]) == 16
        assert "active 0 s ago" in line or "active 1 s ago" in line
    assert run(id=str(ann.pk)) == lines
    sid = lines[0].split()[0]
    assert run(bob.username, end=sid) == ["Sessions ended: 0"]
    assert run(ann.username, end=sid) == ["Sessions ended: 1"]
    assert run(ann.username, end_all=True) == ["Sessions ended: 1"]
    assert run(ann.username) == []
    assert sessions.count() == 1


def test_an_unknown_user_is_an_error(database: Any) -> None:
    with pytest.raises(CommandError, match="User nobody does not exist"):
        run("nobody")
    with pytest.raises(CommandError, match="Give the user's name or --id"):
        run()


def test_what_the_server_refuses_is_an_error_without_a_traceback(site: None) -> None:
    with pytest.raises(CommandError, match="invalid sid: exactly 16"):
        run(id="7", end="x")
    with override_settings(SESSIONS_URL="redis://127.0.0.1:1"), pytest.raises(CommandError, match="onnect"):
        run(id="7")


def test_the_functions_take_a_user_or_an_id(sessions: Sessions, user: Callable[[], User]) -> None:
    ann = user()
    for _ in range(2):
        Client().force_login(ann)
    [first, second] = sessions_of(ann)
    assert {each.sid for each in sessions_of(ann.pk)} == {first.sid, second.sid}
    request = HttpRequest()
    request.session = SessionStore(sessions.soid(ann.pk, only=second.sid, with_tokens=True)[0].token)
    assert sid_of(request) == second.sid
    assert end_all(ann, only=first.sid) == 1

    async def awaited() -> tuple[int, int]:
        return len(await asessions_of(ann)), await aend_all(str(ann.pk))

    assert asyncio.run(awaited()) == (1, 1)
    assert sessions.count() == 0
