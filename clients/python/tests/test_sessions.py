"""Every method over every kind of client on a single server."""

import hashlib
import re
import time
from typing import Any

import pytest
from support.clients import KINDS, Maker
from support.server import Server

from sessions_for_redis import (
    ConflictError,
    DataTooLargeError,
    InvalidArgumentError,
    LimitError,
    SessionsError,
)

pytestmark = pytest.mark.parametrize("make", KINDS, indirect=True, ids=lambda kind: kind.name)


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def sessions(make: Maker, server: Server, app: str) -> Any:
    return make.single(server.path, app)


def test_a_session_is_created_read_changed_and_ended(sessions: Any) -> None:
    token = sessions.create("u1", ip="203.0.113.7", ua="test", ttl=60, data={"cart": 3})
    assert re.fullmatch("[0-9A-Za-z]{64}", token)
    session = sessions.get(token)
    assert session.sid == hashed(token)[:16]
    assert session.created > 1_700_000_000
    assert 0 <= session.idle < 60
    shown = (session.id, session.r, session.w, session.ttl, session.ip, session.ua, session.d)
    assert shown == ("u1", 1, 1, 60, "203.0.113.7", "test", {"cart": 3})
    assert (session.until, session.no_resave, session.d_text, session.token) == (None, False, None, None)
    assert sessions.peek(token).r == 2
    changed = sessions.set(token, {"cart": None, "list": [1, {"deep": True}], "pair": (1, 2)})
    assert changed.d == {"list": [1, {"deep": True}], "pair": [1, 2]}
    assert sessions.incr(token, "clicks") == 1
    assert sessions.incr(token, "clicks", 41) == 42
    assert sessions.touch(token) is True
    assert sessions.exists(token) is True
    assert sessions.kill(token) is True
    assert sessions.kill(token) is False


@pytest.mark.parametrize("token", ["0" * 64, "", "not a token", 'line\r\nbreak"', "\udc80"])
def test_an_unknown_token_is_none_or_false_and_no_error(sessions: Any, token: str) -> None:
    assert sessions.get(token) is None
    assert sessions.peek(token) is None
    assert sessions.set(token, {"a": 1}) is None
    assert sessions.incr(token, "a") is None
    assert sessions.rotate(token) is None
    assert sessions.touch(token) is False
    assert sessions.exists(token) is False
    assert sessions.kill(token) is False


def test_options_reach_the_server(sessions: Any) -> None:
    token = sessions.create("u1", ttl=60, lifetime=90, no_resave=True)
    session = sessions.get(token)
    assert session.no_resave is True
    assert session.until >= session.created + 90
    assert sessions.set(token, {"a": 1}, ttl=30, lifetime=100, if_w=1, if_id="u1").w == 2
    with pytest.raises(ConflictError) as caught:
        sessions.set(token, {"a": 2}, if_w=1)
    assert caught.value.code == "CONFLICT"
    assert sessions.set(token, {"a": 2}, if_id="") is None
    assert sessions.touch(token, ttl=20) is True
    assert 0 < sessions.peek(token).ttl <= 20
    with pytest.raises(LimitError):
        sessions.create("u1", max=1, reject=True)
    sessions.create("u1", max=1)
    assert sessions.exists(token) is False


def test_a_visitors_session_becomes_a_users_with_its_data_under_a_new_token(sessions: Any) -> None:
    visitor = sessions.create(None, data={"cart": 1})
    assert sessions.get(visitor).id is None
    token = sessions.rotate(visitor, id="u1", ttl=60, data={"hello": "ann"})
    assert token != visitor
    assert sessions.exists(visitor) is False
    session = sessions.get(token)
    assert (session.id, session.ttl, session.d) == ("u1", 60, {"cart": 1, "hello": "ann"})
    graced = sessions.rotate(token, grace=20)
    assert sessions.get(token).token == graced
    assert sessions.get(sessions.rotate(graced, id=None)).id is None


def test_save_creates_with_nx_writes_with_xx_and_brings_nothing_back(sessions: Any, app: str) -> None:
    token = hashed(app)
    assert sessions.save(token, {"a": 1}, xx=True) == 0
    assert sessions.save(token, {"a": 1, "gone": None}, nx=True, id="u1", ttl=60) == 2
    assert sessions.save(token, {"a": 1}, nx=True) == 0
    assert sessions.get(token).d == {"a": 1, "gone": None}
    assert sessions.save(token, {"b": 1}, xx=True, if_w=1) == 1
    assert sessions.get(token).id == "u1"
    assert sessions.save(token, {"b": 1}, xx=True, if_w=2, id=None) == 1
    assert sessions.get(token).id is None
    sessions.kill(token)
    assert sessions.save(token, {"b": 1}, xx=True) == 0


def test_sessions_are_listed_counted_and_ended_by_user_and_by_app(sessions: Any) -> None:
    tokens = [sessions.create(id, data={"id": id}) for id in ["u1", "u1", "u1", 2, None]]
    listed = sessions.soid("u1", with_tokens=True)
    assert sorted(session.token for session in listed) == sorted(tokens[:3])
    [only] = sessions.soid("u1", only=listed[0].sid, no_data=True, dt=60, asc=True)
    assert (only.sid, only.d) == (listed[0].sid, {})
    assert len(sessions.soid("u1", offset=1, limit=1)) == 1
    assert len(sessions.soid("u1", offset=1)) == 2
    assert sessions.soid("nobody") == []
    assert len(sessions.soapp(0)) == 5
    assert len(sessions.soapp(60, limit=2, no_data=True, with_tokens=True)) == 2
    assert sessions.activity(60) == 2
    assert sessions.count() == 5
    assert sessions.count(dt=60) == 5
    assert sessions.count_soid("u1", dt=60) == 3
    assert sessions.count_soid(2) == 1
    assert sorted(sessions.users(60)) == ["2", "u1"]
    assert len(sessions.users(60, limit=1)) == 1
    assert sessions.kill_soid("u1", only=listed[0].sid) == 1
    assert sessions.kill_soid("u1", except_=listed[1].token) == 1
    assert sessions.kill_soid("u1") == 1
    assert sessions.kill_all() == 2


def test_refused_arguments_are_errors_with_a_code_and_without_the_value(sessions: Any) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        sessions.create("u1", ip="secret\n")
    assert caught.value.code == "INVALID"
    assert str(caught.value).startswith("ERR invalid ip: ")
    assert "secret" not in repr(caught.value)
    with pytest.raises(InvalidArgumentError):
        sessions.create("half\udc80")
    with pytest.raises(DataTooLargeError):
        sessions.create("u1", data={"long": "x" * 70_000})
    token = sessions.create("u1", data={"name": "ann"})
    with pytest.raises(SessionsError, match="^ERR not a whole number") as other:
        sessions.incr(token, "name")
    assert (type(other.value), other.value.code) == (SessionsError, "ERR")


def test_every_text_and_whole_number_comes_back_as_it_was(sessions: Any) -> None:
    data = {
        "größe": "Ä€😀\u2028\x00",
        "big": 12345678901234567890123,
        "list": [1.0, -0.5, 1e300, True, None],
        "": {},
    }
    token = sessions.create("ünï", data=data)
    session = sessions.get(token)
    assert session.d == data
    assert session.id == "ünï"
    assert sessions.users(0) == ["ünï"]
    assert [type(value) for value in session.d["list"]] == [float, float, float, bool, type(None)]


def test_a_session_of_another_program_whose_data_is_no_object_is_shown_as_text(
    sessions: Any, server: Server, app: str
) -> None:
    token = sessions.create("u1")
    server.ask(f"HSET rs:{app}:{token} d [1,2]")
    session = sessions.get(token)
    assert (session.d, session.d_text) == ({}, "[1,2]")


def test_a_fixed_end_is_kept(sessions: Any) -> None:
    token = sessions.create("u1", lifetime=100)
    assert abs(sessions.get(token).until - time.time() - 100) < 10
