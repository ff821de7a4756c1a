"""Foreign cookies, and where a key must not be seen."""

import hashlib
import re
from typing import Any

import pytest
from django.test import override_settings
from django.views.debug import ExceptionReporter

from sessions_for_redis import Sessions, UnavailableError
from with_django.support import FORMS, Make, made


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
