"""What the store does with each save, by both clients: the session as the server shows it."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.core.exceptions import BadRequest
from django.core.serializers.json import DjangoJSONEncoder
from django.core.signing import JSONSerializer
from django.test import override_settings
from django.views.debug import ExceptionReporter
from support.server import Server

from sessions_for_redis import LimitError, Session, Sessions, UnavailableError
from sessions_for_redis._loaded import Device

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
    assert {each.sid for each in own.others()} == {each.sid for each in devices[1:]}
    assert own.sid not in {each.sid for each in own.others()}
    assert all(each.d == {} for each in own.others())
    assert own.end_others() == 2
    assert [bool(session(each.session_key).data()) for each in (*devices, bob)] == [True, False, False, True]
    visitor = made(session, cart=1)
    assert (visitor.others(), visitor.end_others()) == ([], 0)


@pytest.mark.site(SESSIONS_MAX=1)
def test_a_log_in_above_the_limit_ends_the_oldest(session: Make, sessions: Sessions) -> None:
    first = made(session, _auth_user_id="7")
    second = made(session, _auth_user_id="7")
    assert session(first.session_key).data() == {}
    assert session(second.session_key).data() == {"_auth_user_id": "7"}


@pytest.mark.site(SESSIONS_MAX=1, SESSIONS_REJECT=True)
def test_a_log_in_that_is_refused_is_a_bad_request(session: Make, sessions: Sessions) -> None:
    made(session, _auth_user_id="7")
    visitor = made(session, cart=1)
    visitor.set("_auth_user_id", "7")
    with pytest.raises(LimitError) as refused:
        visitor.save()
    assert isinstance(refused.value, BadRequest)
    assert session(visitor.session_key).data() == {"cart": 1}


def test_what_json_cannot_hold_is_refused_by_name(session: Make, sessions: Sessions) -> None:
    one = session()
    one.set("cart", {"since": datetime(2026, 1, 2)})
    with pytest.raises(TypeError, match=r"cart\.since is a datetime"):
        one.save()
    loop: dict[str, Any] = {}
    loop["itself"] = [loop]
    one.set("cart", loop)
    with pytest.raises(TypeError, match=r"cart\.itself\[0\] is a reference"):
        one.save()
    one.set("cart", float("nan"))
    with pytest.raises(TypeError, match="cart is nan"):
        one.save()
    assert sessions.count() == 0


def test_keys_that_are_numbers_become_texts_and_tuples_lists_as_in_djangos_json(session: Make) -> None:
    one = made(session, cart={5: (1, 2)})
    assert session(one.session_key).data() == {"cart": {"5": [1, 2]}}


class DatesSerializer(JSONSerializer):
    """A site's own: with dates, which are texts in JSON."""

    def dumps(self, obj: Any) -> bytes:
        return json.dumps(obj, cls=DjangoJSONEncoder).encode("latin-1")

    def loads(self, data: bytes) -> Any:
        return {name: _read(value) for name, value in super().loads(data).items()}


def _read(value: Any) -> Any:
    return datetime.fromisoformat(value) if isinstance(value, str) and value.startswith("2026-") else value


@pytest.mark.site(SESSION_SERIALIZER=f"{__name__}.DatesSerializer")
def test_a_json_serializer_of_the_sites_own_is_used(session: Make, sessions: Sessions, server: Server) -> None:
    one = made(session, since=datetime(2026, 1, 2))
    assert stored(sessions, one).d == {"since": "2026-01-02T00:00:00"}
    again = session(one.session_key)
    assert again.data() == {"since": datetime(2026, 1, 2)}
    commands(server)
    again.save()
    assert commands(server) == {"touch": 1}, "what is read and written by it is no change"


def test_numbers_that_nobody_has_touched_are_no_change(session: Make, sessions: Sessions, server: Server) -> None:
    token = sessions.create(None, data={"a": 1})
    sessions.set(token, {"a": 1.0, "b": 12345678901234567890})
    one = session(token)
    one.data()
    one.set("c", 1)
    one.save()
    assert sessions.peek(token) is not None
    assert '"a":1.0' in server.ask(f"HGET rs:{sessions.app}:{token} d")


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


def test_a_session_found_by_its_old_token_during_a_grace_gets_the_present_key(
    session: Make, sessions: Sessions
) -> None:
    one = made(session, cart=1)
    token = sessions.rotate(one.session_key, grace=60)
    late = session(one.session_key)
    assert late.data() == {"cart": 1}
    assert (late.session_key, late.modified) == (token, True)


@pytest.mark.parametrize("key", ["x" * 2000, "é" * 64, "\udcff" * 64, "A" * 64, " " * 64, "a" * 63 + "\n"])
@pytest.mark.parametrize("form", FORMS)
def test_a_foreign_cookie_is_no_session_and_no_error(session: Make, sessions: Sessions, form: str, key: str) -> None:
    one = session(key)
    assert one.data() == {}
    assert one.session_key is None
    assert not one.exists(key)
    one.delete(key)


def test_a_session_key_that_is_taken_is_a_create_error(session: Make) -> None:
    one = made(session, cart=1)
    with pytest.raises(CreateError):
        session(one.session_key).save(must_create=True)
    assert session(None).exists(None) is False


@pytest.mark.parametrize(("form", "secrets"), [("sha256", ()), ("signed", ["cats"])])
def test_what_is_stored_does_not_open_a_session(session: Make, sessions: Sessions, form: str, secrets: Any) -> None:
    with override_settings(SESSIONS_COOKIE=form, SESSIONS_SECRETS=secrets):
        one = made(session, cart=1)
        assert session(one._known.token).data() == {}
        if form == "sha256":
            assert one._known.token == hashlib.sha256(one.session_key.encode()).hexdigest()


def test_nothing_shows_the_key(session: Make) -> None:
    one = made(session, cart=1)
    assert one.session_key not in repr(one.session) + repr(one._known)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("method", ["load", "save", "cycle_key", "flush", "exists", "others", "end_others"])
def test_a_report_of_an_error_does_not_show_the_key(session: Make, form: str, method: str) -> None:
    one = made(session, cart=1, _auth_user_id="7")
    key, token = one.session_key, one._known.token
    late = session(key)
    late.data()
    late.set("cart", 2)
    with override_settings(SESSIONS_URL="redis://127.0.0.1:1/0"), pytest.raises(UnavailableError) as raised:
        getattr(late, method)(*([key] if method == "exists" else []))
    report = ExceptionReporter(None, raised.type, raised.value, raised.tb).get_traceback_html()
    frames = report.split('<li class="frame')
    own = [frame for frame in frames if re.search(r'<code class="fname">[^<]*/sessions_for_redis/', frame)]
    assert len(own) >= 3
    for frame in own:
        assert key not in frame
        assert token not in frame


def test_the_error_of_a_server_that_is_away_has_no_other_behind_it(session: Make) -> None:
    with override_settings(SESSIONS_URL="redis://127.0.0.1:1/0"), pytest.raises(UnavailableError) as raised:
        session("a" * 64).load()
    assert raised.value.__cause__ is raised.value.__context__ is None
