"""What the store does with each save, by both clients: keys, users, ends."""

import pytest
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.core.exceptions import BadRequest
from support.server import Server

from sessions_for_redis import LimitError, Sessions
from sessions_for_redis._loaded import Device
from with_django.support import FORMS, Make, commands, made, stored


def test_nothing_is_stored_before_the_first_save_which_draws_the_key(session: Make, sessions: Sessions) -> None:
    new = session()
    new.set("cart", [1])
    new.cycle_key()
    assert (new.session_key, sessions.count()) == (None, 0)
    new.save()
    assert len(new.session_key) == 64
    assert new.exists(new.session_key)
    assert stored(sessions, new).d == {"cart": [1]}
    assert session(new.session_key).data() == {"cart": [1]}


def test_a_session_that_was_ended_stays_dead_and_saving_it_is_an_update_error(
    session: Make, sessions: Sessions
) -> None:
    one = made(session, cart=1)
    late = session(one.session_key)
    assert late.data() == {"cart": 1}
    session(one.session_key).flush()
    late.set("cart", 2)
    with pytest.raises(UpdateError):
        late.save()
    assert sessions.count() == 0
    assert late.load() == {}


@pytest.mark.parametrize("form", FORMS)
def test_requests_at_once_that_change_different_keys_lose_nothing(session: Make, sessions: Sessions, form: str) -> None:
    one = made(session, a=1, b=1, gone=1)
    first, second = session(one.session_key), session(one.session_key)
    for request in (first, second):
        assert request.data() == {"a": 1, "b": 1, "gone": 1}
    first.set("a", 2)
    first.set("none", None)
    first.save()
    second.set("b", 2)
    second.pop("gone")
    second.save()
    assert session(one.session_key).data() == {"a": 2, "b": 2, "none": None}


@pytest.mark.parametrize("form", FORMS)
def test_a_log_in_gives_the_session_to_the_user_under_a_new_key(session: Make, sessions: Sessions, form: str) -> None:
    one = made(session, cart=[1, 2])
    planted = one.session_key
    other = session(planted)
    other.data()
    other.set("lang", "en")
    other.save()
    one.session.device = Device("203.0.113.7", "Firefox")
    one.set("_auth_user_id", "7")
    one.save()
    assert one.session_key != planted
    assert session(planted).data() == {}
    shown = stored(sessions, one)
    assert (shown.id, shown.ip, shown.ua) == ("7", "203.0.113.7", "Firefox")
    assert session(one.session_key).data() == {"cart": [1, 2], "lang": "en", "_auth_user_id": "7"}
    assert sessions.count() == 1
    again = session(one.session_key)
    again.pop("_auth_user_id")
    again.save()
    assert stored(sessions, again).id is None


def test_a_visitor_without_a_session_logs_in_by_one_command(session: Make, sessions: Sessions, server: Server) -> None:
    commands(server)
    one = session()
    one.cycle_key()
    one.set("_auth_user_id", "7")
    one.save()
    assert commands(server) == {"create": 1}
    assert stored(sessions, one).id == "7"


def test_a_request_that_began_before_the_log_in_changes_nothing_after_it(session: Make, sessions: Sessions) -> None:
    one = made(session, cart=1)
    slow = session(one.session_key)
    slow.data()
    one.set("_auth_user_id", "7")
    one.save()
    slow.set("cart", 2)
    with pytest.raises(UpdateError):
        slow.save()
    assert stored(sessions, one).d == {"cart": 1, "_auth_user_id": "7"}


def test_a_log_in_by_another_language_under_the_same_key_counts_too(session: Make, sessions: Sessions) -> None:
    one = made(session, cart=1)
    slow = session(one.session_key)
    slow.data()
    sessions.save(one.session_key, {"cart": 1, "passport": {"user": "7"}}, xx=True, id="7")
    slow.set("cart", 2)
    with pytest.raises(UpdateError):
        slow.save()
    assert stored(sessions, one).d == {"cart": 1, "passport": {"user": "7"}}


@pytest.mark.parametrize("form", FORMS)
def test_cycle_key_ends_the_old_key_at_once(session: Make, sessions: Sessions, form: str) -> None:
    one = made(session, cart=1, _auth_user_id="7")
    old = one.session_key
    one = session(old)
    one.cycle_key()
    assert one.modified, "the cookie has to be set"
    assert not one.exists(old)
    one.set("lang", "en")
    assert session(one.session_key).data() == {"cart": 1, "_auth_user_id": "7"}
    one.save()
    assert session(one.session_key).data() == {"cart": 1, "_auth_user_id": "7", "lang": "en"}
    assert stored(sessions, one).id == "7"
    assert sessions.count() == 1


@pytest.mark.parametrize("form", FORMS)
def test_cycle_key_of_an_ended_session_begins_empty(session: Make, sessions: Sessions, form: str) -> None:
    one = made(session, cart=1, _auth_user_id="7")
    late = session(one.session_key)
    late.data()
    one.flush()
    late.cycle_key()
    assert (late.session_key, late.data()) == (None, {})
    late.set("fresh", 1)
    late.save()
    assert stored(sessions, late).d == {"fresh": 1}
    assert stored(sessions, late).id is None


def test_clear_removes_all_data_and_the_user(session: Make, sessions: Sessions) -> None:
    one = made(session, cart=1, _auth_user_id="7")
    again = session(one.session_key)
    again.clear()
    again.set("lang", "en")
    again.save()
    assert stored(sessions, again).d == {"lang": "en"}
    assert stored(sessions, again).id is None
    assert (again.session_key, sessions.count()) == (one.session_key, 1), "it is the same session"
    again.clear()
    again.save()
    assert stored(sessions, again).d == {}


@pytest.mark.parametrize("form", FORMS)
def test_a_users_other_sessions_are_listed_and_ended(session: Make, sessions: Sessions, form: str) -> None:
    devices = [made(session, _auth_user_id="7") for _ in range(3)]
    bob = made(session, _auth_user_id="8")
    own = session(devices[0].session_key)
    assert own.sid == devices[0].sid, "also before it is read"
    assert {each.sid for each in own.others()} == {each.sid for each in devices[1:]}
    assert own.sid not in {each.sid for each in own.others()}
    assert all(each.d == {} for each in own.others())
    assert own.end_others() == 2
    assert [bool(session(each.session_key).data()) for each in (*devices, bob)] == [True, False, False, True]
    assert session().sid is None
    visitor = made(session, cart=1)
    assert (visitor.others(), visitor.end_others()) == ([], 0)


@pytest.mark.site(SESSIONS_MAX=1)
def test_a_log_in_above_the_limit_ends_the_oldest(session: Make, sessions: Sessions) -> None:
    first = made(session, _auth_user_id="7")
    second = made(session, _auth_user_id="7")
    assert session(first.session_key).data() == {}
    assert session(second.session_key).data() == {"_auth_user_id": "7"}


@pytest.mark.site(SESSIONS_MAX=1, SESSIONS_COOKIE="sha256")
def test_another_key_is_no_further_session(session: Make, sessions: Sessions) -> None:
    one = made(session, _auth_user_id="7")
    one.cycle_key()
    one.save()
    assert session(one.session_key).data() == {"_auth_user_id": "7"}


@pytest.mark.site(SESSIONS_MAX=1, SESSIONS_REJECT=True)
def test_a_log_in_that_is_refused_is_a_bad_request(session: Make, sessions: Sessions) -> None:
    made(session, _auth_user_id="7")
    visitor = made(session, cart=1)
    visitor.set("_auth_user_id", "7")
    with pytest.raises(LimitError) as refused:
        visitor.save()
    assert isinstance(refused.value, BadRequest)
    assert session(visitor.session_key).data() == {"cart": 1}


def test_a_session_key_that_is_taken_is_a_create_error(session: Make) -> None:
    one = made(session, cart=1)
    with pytest.raises(CreateError):
        session(one.session_key).save(must_create=True)
    assert session(None).exists(None) is False
