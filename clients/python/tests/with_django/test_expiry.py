"""Django's timeouts, as the server stores them."""

from datetime import datetime, timedelta, timezone

import pytest
from django.test import override_settings
from support.server import Server

from sessions_for_redis import Sessions
from with_django.support import Make, commands, made, stored


def test_reading_does_not_extend_a_session_and_each_save_does(
    session: Make, sessions: Sessions, server: Server
) -> None:
    one = made(session, cart=1)
    shown = stored(sessions, one)
    assert shown.no_resave
    assert shown.ttl == 1_209_600
    sessions.touch(one.session_key, ttl=100)
    again = session(one.session_key)
    assert again.data() == {"cart": 1}
    assert stored(sessions, one).ttl <= 100
    again.save()
    assert stored(sessions, one).ttl >= 1_209_599
    again.set_expiry(500)
    again.save()
    assert 499 <= stored(sessions, one).ttl <= 500


@pytest.mark.site(SESSIONS_SLIDING=True)
def test_a_sliding_session_is_extended_by_reading_alone(session: Make, sessions: Sessions, server: Server) -> None:
    one = made(session, cart=1)
    shown = stored(sessions, one)
    assert (shown.no_resave, shown.ttl) == (False, 1_209_600)
    commands(server)
    again = session(one.session_key)
    assert again.data() == {"cart": 1}
    again.save()
    assert commands(server) == {"get": 1}


@pytest.mark.parametrize("is_sliding", [False, True])
def test_an_expiry_that_is_a_time_is_an_end_that_no_use_extends(
    session: Make, sessions: Sessions, is_sliding: bool
) -> None:
    with override_settings(SESSIONS_SLIDING=is_sliding):
        end = datetime.now(timezone.utc) + timedelta(seconds=1000)
        one = session()
        one.set_expiry(end)
        one.save()
        assert abs((stored(sessions, one).until or 0) - end.timestamp()) <= 2
        again = session(one.session_key)
        again.set_expiry(end + timedelta(seconds=1000))
        again.save()
        assert abs((stored(sessions, one).until or 0) - end.timestamp() - 1000) <= 2
        again.set_expiry(None)
        again.save()
        assert (stored(sessions, one).until or 0) > end.timestamp() + 300_000_000
        assert stored(sessions, one).ttl >= 1_209_599


@pytest.mark.site(SESSIONS_LIFETIME=1000)
def test_no_expiry_makes_a_session_longer_than_its_lifetime(session: Make, sessions: Sessions) -> None:
    now = datetime.now(timezone.utc)
    one = session()
    one.set_expiry(now + timedelta(seconds=5000))
    one.save()
    first = stored(sessions, one).until
    assert first is not None
    assert abs(first - now.timestamp() - 1000) <= 2
    sessions.set(one.session_key, {}, lifetime=500)
    again = session(one.session_key)
    again.set_expiry(now + timedelta(seconds=9000))
    again.save()
    assert (stored(sessions, one).until or 0) <= first - 490
    again.set_expiry(None)
    again.save()
    assert (stored(sessions, one).until or 0) <= first - 490
    again.set("_auth_user_id", "1")
    again.save()
    assert abs((stored(sessions, again).until or 0) - first) <= 20, "a log-in counts again"
    sessions.set(again.session_key, {}, lifetime=500)
    later = session(again.session_key)
    later.set_expiry(now + timedelta(seconds=9000))
    later.set("_auth_user_id", "2")
    later.save()
    assert abs((stored(sessions, later).until or 0) - first) <= 20, "a log-in with an expiry counts again"


def test_an_expiry_in_the_past_ends_the_session(session: Make, sessions: Sessions) -> None:
    one = made(session, cart=1)
    one.set_expiry(-1)
    one.save()
    assert sessions.count() == 0
    assert session(one.session_key).data() == {}


def test_a_session_of_another_language_gets_djangos_expiry_when_it_is_changed(
    session: Make, sessions: Sessions
) -> None:
    token = sessions.create("7", ttl=600, data={"_auth_user_id": "7"})
    one = session(token)
    assert one.data() == {"_auth_user_id": "7"}
    one.set("cart", 1)
    one.save()
    shown = stored(sessions, one)
    assert (shown.no_resave, shown.ttl, shown.id, one.session_key) == (True, 1_209_600, "7", token)
