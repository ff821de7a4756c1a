"""Values in a session: JSON, by Django's serializer or one of the site's own."""

import json
from datetime import datetime
from typing import Any

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.core.signing import JSONSerializer
from support.server import Server

from sessions_for_redis import Sessions
from with_django.support import Make, commands, made, stored


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
    assert commands(server) == {"touch": 1}, "reading and writing the same value is not a change"


def test_numbers_that_nobody_has_touched_are_no_change(session: Make, sessions: Sessions, server: Server) -> None:
    token = sessions.create(None, data={"a": 1})
    sessions.set(token, {"a": 1.0, "b": 12345678901234567890})
    one = session(token)
    one.data()
    one.set("c", 1)
    one.save()
    assert sessions.peek(token) is not None
    assert '"a":1.0' in server.ask(f"HGET rs:{sessions.app}:{token} d")
