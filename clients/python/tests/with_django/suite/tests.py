"""Runs Django's own tests with this package.

The tests of SessionTestsMixin run once per form of the cookie and per client. The tests of the
middleware and of the base class run unchanged, under settings whose engine is this package.
"""

import sys
import unittest
from typing import Any
from unittest import mock

import redis.asyncio
from django.conf import settings
from django.test import SimpleTestCase, override_settings
from sessions_tests import tests as suite

from sessions_for_redis import AsyncSessions
from sessions_for_redis.django import SessionStore
from sessions_for_redis.django.conf import Configuration

#: What does not run, and why.
NOT_OURS = {
    "CacheDBSessionTests": "another engine: cached_db",
    "CacheDBSessionWithTimeZoneTests": "another engine: cached_db",
    "CacheSessionTests": "another engine: cache",
    "CookieSessionTests": "another engine: signed_cookies",
    "CustomDatabaseSessionTests": "another engine: db with a model of the site's own",
    "DatabaseSessionTests": "another engine: db",
    "DatabaseSessionWithTimeZoneTests": "another engine: db",
    "FileSessionPathLibTests": "another engine: file",
    "FileSessionTests": "another engine: file",
    "SessionMiddlewareTests.test_empty_session_saved": "reads the table of the engine db",
}


class TokenTests(suite.SessionTestsMixin, SimpleTestCase):
    backend = SessionStore


@override_settings(USE_TZ=True)
class TimeZoneTests(TokenTests):
    pass


@override_settings(SESSIONS_SLIDING=True, SESSIONS_LIFETIME=86_400)
class SlidingTests(TokenTests):
    pass


@override_settings(SESSIONS_COOKIE="sha256")
class Sha256Tests(TokenTests):
    pass


@override_settings(SESSIONS_COOKIE="signed", SESSIONS_SECRETS=["cats"])
class SignedTests(TokenTests):
    pass


async def _by_a_client_of_its_own(self: Configuration, steps: Any) -> Any:
    async with redis.asyncio.Redis.from_url(settings.SESSIONS_URL) as client:
        return await AsyncSessions(client, app=settings.SESSIONS_APP).sender.run(steps)


class AwaitedTests(TokenTests):
    """By redis.asyncio. Each test has a loop of its own, where the package would use the client
    that waits.
    """

    def setUp(self) -> None:
        patched = mock.patch.object(Configuration, "arun", _by_a_client_of_its_own)
        patched.start()
        self.addCleanup(patched.stop)
        super().setUp()


@override_settings(SESSIONS_FROM="django.contrib.sessions.backends.file")
class MovingTests(TokenTests):
    pass


OURS = (TokenTests, TimeZoneTests, SlidingTests, Sha256Tests, SignedTests, AwaitedTests, MovingTests)


def _is_left_out(name: str, test: unittest.TestCase) -> bool:
    return f"{name}.{test._testMethodName}" in NOT_OURS


def load_tests(loader: unittest.TestLoader, standard: Any, pattern: Any) -> unittest.TestSuite:
    theirs = [
        found
        for found in vars(suite).values()
        if isinstance(found, type) and issubclass(found, unittest.TestCase) and found.__module__ == suite.__name__
    ]
    found_names = {found.__name__ for found in theirs}
    unknown = {name.partition(".")[0] for name in NOT_OURS} - found_names
    assert not unknown, f"Django has no tests {unknown}"
    chosen = unittest.TestSuite()
    for case in [*OURS, *(found for found in theirs if found.__name__ not in NOT_OURS)]:
        tests = [test for test in loader.loadTestsFromTestCase(case) if not _is_left_out(case.__name__, test)]
        sys.stderr.write(f"suite: {case.__name__} {len(tests)}\n")
        chosen.addTests(tests)
    for name, why in NOT_OURS.items():
        sys.stderr.write(f"suite: not {name}: {why}\n")
    return chosen
