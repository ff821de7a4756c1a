"""Wrong settings: a system check with a hint, and the same text where a session is used all the
same.
"""

import asyncio
import pickle
from typing import Any

import pytest
import redis
import redis.asyncio
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from support.server import Server

from sessions_for_redis import AsyncSessions
from sessions_for_redis.django import SessionStore
from sessions_for_redis.django.conf import configuration

client = redis.Redis(port=1)


def make_client() -> redis.Redis:
    return client


def make_async_client() -> redis.asyncio.Redis:
    return redis.asyncio.Redis(port=1)


def make_cluster() -> redis.RedisCluster:
    raise redis.exceptions.RedisClusterException("no node replies")


class PickleSerializer:
    def dumps(self, data: Any) -> bytes:
        return pickle.dumps(data)


WRONG = [
    ({"SESSIONS_APP": None}, "E001", "SESSIONS_APP: app must be a str of 1 to 64"),
    ({"SESSIONS_APP": "web shop"}, "E001", "SESSIONS_APP: app must be a str of 1 to 64"),
    ({"SESSIONS_URL": None}, "E002", "Exactly one of SESSIONS_URL and SESSIONS_CLIENT must be set"),
    ({"SESSIONS_CLIENT": client}, "E002", "Exactly one of SESSIONS_URL and SESSIONS_CLIENT must be set"),
    ({"SESSIONS_URL": "127.0.0.1:6379"}, "E003", "SESSIONS_URL is not the URL of a Redis server"),
    ({"SESSIONS_URL": 6379}, "E003", "SESSIONS_URL is not the URL of a Redis server"),
    ({"SESSIONS_URL": None, "SESSIONS_CLIENT": "shop.redis"}, "E004", "SESSIONS_CLIENT: No module named 'shop'"),
    ({"SESSIONS_URL": None, "SESSIONS_CLIENT": f"{__name__}.none"}, "E004", 'does not define a "none"'),
    ({"SESSIONS_URL": None, "SESSIONS_CLIENT": make_async_client}, "E004", "client is a redis.asyncio client"),
    ({"SESSIONS_URL": None, "SESSIONS_CLIENT": 7}, "E004", "client must be a redis.Redis"),
    ({"SESSIONS_ASYNC_CLIENT": client}, "E005", "SESSIONS_ASYNC_CLIENT is not a function"),
    ({"SESSIONS_COOKIE": "jwt"}, "E006", "cookie must be token, sha256 or signed"),
    ({"SESSIONS_COOKIE": "signed"}, "E006", "signed requires secrets"),
    ({"SESSIONS_SECRETS": ["cats"]}, "E006", "only the cookie form signed has secrets"),
    ({"SESSIONS_MAX": 0}, "E006", "max must be a whole number from 1 to 100"),
    ({"SESSIONS_REJECT": True}, "E006", "reject requires max"),
    ({"SESSIONS_LIFETIME": "1h"}, "E006", "lifetime must be a whole number from 1 to 315360000"),
    ({"SESSIONS_MERGE": "no"}, "E006", "merge must be True or False"),
    ({"SESSIONS_ID": "shop.user"}, "E006", "SESSIONS_ID: No module named 'shop'"),
    ({"SESSIONS_ID": 7}, "E006", "SESSIONS_ID is not a function"),
    ({"SESSIONS_FROM": "django.contrib.sessions.backends.none"}, "E007", "SESSIONS_FROM is not a session engine"),
    ({"SESSIONS_FROM": "django.contrib.sessions.backends.signed_cookies"}, "E007", "a session in a cookie cannot be"),
    ({"SESSIONS_FROM": "with_django.engine_without_table"}, "E007", "SESSIONS_FROM has no table: no app"),
    ({"SESSIONS_FROM": "sessions_for_redis.django"}, "E007", "it is the engine itself"),
    ({"SESSIONS_IP": "REMOTE_ADDR"}, "E008", "SESSIONS_IP: REMOTE_ADDR doesn't look like a module path"),
    ({"SESSION_SERIALIZER": f"{__name__}.PickleSerializer"}, "E009", "SESSION_SERIALIZER does not write JSON"),
    ({"SESSION_SERIALIZER": f"{__name__}.make_client"}, "E009", "SESSION_SERIALIZER fails"),
]


def found() -> list[Any]:
    return [each for each in run_checks() if (each.id or "").startswith("sessions_for_redis.")]


def test_right_settings_have_no_findings() -> None:
    assert found() == []


def test_a_server_that_is_away_is_no_finding() -> None:
    with override_settings(SESSIONS_URL=None, SESSIONS_CLIENT=make_cluster):
        assert found() == []


def test_an_engine_of_the_sites_own_is_one_of_ours() -> None:
    with override_settings(SESSION_ENGINE="with_django.engine", SESSIONS_APP="web shop"):
        assert [each.id for each in found()] == ["sessions_for_redis.E001"]


@pytest.mark.parametrize(("wrong", "id", "text"), WRONG)
def test_a_wrong_setting_is_found_with_a_hint(wrong: dict[str, Any], id: str, text: str) -> None:
    with override_settings(**wrong):
        [error] = {(each.id, each.msg, each.hint, each.is_serious()) for each in found()}
        assert error[0] == f"sessions_for_redis.{id}"
        assert text in error[1]
        assert error[1].endswith(".")
        assert error[2]
        assert error[3]
        with pytest.raises(ImproperlyConfigured, match=text.replace("(", r"\(")[:20]):
            SessionStore("a" * 64).load()


def test_a_serializer_that_is_not_there_does_not_stop_the_checks() -> None:
    with override_settings(SESSION_SERIALIZER="shop.serializer"):
        [error] = {(each.id, each.msg) for each in found()}
        assert error == ("sessions_for_redis.E009", "SESSION_SERIALIZER: No module named 'shop'.")


@pytest.mark.parametrize(
    ("wrong", "id", "hint"),
    [
        ({"SESSIONS_COOKIE_AGE": 60}, "W001", "Did you mean SESSION_COOKIE_AGE?"),
        ({"SESSIONS_LIFE_TIME": 60}, "W001", "Did you mean SESSIONS_LIFETIME?"),
        ({"SESSIONS_SLIDING": True}, "W002", "SESSION_SAVE_EVERY_REQUEST = True"),
        ({"SESSION_ENGINE": "django.contrib.sessions.backends.db"}, "W003", 'SESSION_ENGINE = "sessions_for_redis'),
    ],
)
def test_a_doubtful_setting_is_a_warning(wrong: dict[str, Any], id: str, hint: str) -> None:
    with override_settings(**wrong):
        [warning] = found()
        assert (warning.id, warning.is_serious()) == (f"sessions_for_redis.{id}", False)
        assert hint in warning.hint


@pytest.mark.parametrize("given", [client, make_client, f"{__name__}.client", f"{__name__}.make_client"])
def test_a_client_is_given_as_it_is_by_a_function_or_by_its_path(given: Any) -> None:
    with override_settings(SESSIONS_URL=None, SESSIONS_CLIENT=given):
        assert found() == []
        assert configuration().sessions.sender._client is client


@pytest.mark.parametrize("given", [make_async_client, f"{__name__}.make_async_client"])
def test_a_client_of_asyncio_is_made_for_each_loop(given: Any) -> None:
    async def of_this_loop() -> tuple[AsyncSessions | None, AsyncSessions | None]:
        return configuration()._of_loop(), configuration()._of_loop()

    with override_settings(SESSIONS_URL=None, SESSIONS_CLIENT=client, SESSIONS_ASYNC_CLIENT=given):
        one, same = asyncio.run(of_this_loop())
        other, _ = asyncio.run(of_this_loop())
        assert list(configuration()._by_loop.values()) == [other], "the client of a loop that has ended goes"
    assert one is same is not None
    assert other is not None
    assert other is not one


def test_without_a_client_of_asyncio_the_one_that_waits_is_used_in_a_thread(server: Server, app: str) -> None:
    async def use() -> dict[str, Any]:
        session = SessionStore()
        await session.aset("cart", 1)
        await session.asave()
        return dict(await SessionStore(session.session_key).aitems())

    made = redis.Redis(unix_socket_path=server.path)
    with override_settings(SESSIONS_URL=None, SESSIONS_CLIENT=made):
        assert asyncio.run(use()) == {"cart": 1}
        assert not configuration()._by_loop


def test_the_client_of_a_url_does_not_repeat_commands(server: Server) -> None:
    options = configuration().sessions.sender._client.connection_pool.connection_kwargs
    assert options["retry"].get_retries() == 0
    assert options["socket_timeout"] == 5
    with override_settings(SESSIONS_URL=f"unix://{server.path}?socket_timeout=2"):
        options = configuration().sessions.sender._client.connection_pool.connection_kwargs
        assert options["socket_timeout"] == 2
