"""In a cluster a visitor's session is in another hash slot than the user's: a log-in makes a new
one of it.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import redis
import redis.asyncio
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from support.server import Server, a_cluster

from sessions_for_redis import Sessions
from sessions_for_redis.django.conf import configuration


@pytest.fixture(scope="module")
def nodes() -> Iterator[list[Server]]:
    with a_cluster() as started:
        yield started


@pytest.fixture(autouse=True)
def cluster(nodes: list[Server], site: None) -> Iterator[None]:
    port = nodes[0].port
    made = redis.RedisCluster(host="127.0.0.1", port=port)
    with override_settings(
        SESSIONS_URL=None,
        SESSIONS_CLIENT=made,
        SESSIONS_ASYNC_CLIENT=lambda: redis.asyncio.RedisCluster(host="127.0.0.1", port=port),
    ):
        yield
    made.close()


def test_a_log_in_keeps_the_data_and_ends_the_visitors_session(session: Any) -> None:
    sessions: Sessions = configuration().sessions
    for number in range(5):
        one = session()
        one.set("cart", number)
        one.save()
        visitor = one.session_key
        one.cycle_key()
        one.set("_auth_user_id", str(number))
        one.save()
        assert session(visitor).data() == {}
        assert session(one.session_key).data() == {"cart": number, "_auth_user_id": str(number)}
        [device] = sessions.soid(number)
        assert device.sid == one.sid
        other = session()
        other.set("_auth_user_id", str(number))
        other.save()
        assert [each.sid for each in one.others()] == [other.sid]
        assert one.end_others() == 1
    assert sessions.count() == 5


def test_what_a_cluster_cannot_do_is_said_at_the_start(session: Any) -> None:
    wrong = [
        {"SESSIONS_FROM": "django.contrib.sessions.backends.db"},
        {"SESSIONS_COOKIE": "sha256", "SESSIONS_ID": lambda data: data.get("user")},
    ]
    for settings in wrong:
        with override_settings(**settings), pytest.raises(ImproperlyConfigured, match=r"in a cluster"):
            session("a" * 64).data()
