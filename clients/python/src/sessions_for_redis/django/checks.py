"""System checks: mistakes in the settings are reported at the start, with a hint, and not at the
first log-in.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

from .._translate import FAILURES
from .conf import DEFAULTS, ENGINE, PARTS, WrongSetting, is_engine, setting


def check_settings(**_: Any) -> list[CheckMessage]:
    if not is_engine():
        return list(_another_engine())
    return [*_wrong(), *_unknown(), *_sliding()]


def _wrong() -> Iterator[CheckMessage]:
    for part in PARTS:
        try:
            part()
        except WrongSetting as wrong:
            yield Error(str(wrong), hint=wrong.hint, id=f"sessions_for_redis.{wrong.id}")
        except FAILURES:
            # The site's own function connects, and the server is unreachable: this must not stop
            # `migrate`.
            continue


def _unknown() -> Iterator[CheckMessage]:
    for name in dir(settings):
        if name.startswith("SESSIONS_") and name not in DEFAULTS:
            # Django's own settings begin with SESSION_.
            known = [*DEFAULTS, *(each for each in dir(settings) if each.startswith("SESSION_"))]
            near = get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"The settings are {', '.join(DEFAULTS)}."
            yield Warning(f"There is no setting {name}.", hint=hint, id="sessions_for_redis.W001")


def _sliding() -> Iterator[CheckMessage]:
    is_renewed = settings.SESSION_SAVE_EVERY_REQUEST or settings.SESSION_EXPIRE_AT_BROWSER_CLOSE
    if setting("SESSIONS_SLIDING") and not is_renewed:
        yield Warning(
            "SESSIONS_SLIDING extends a session at each use, but its cookie ends SESSION_COOKIE_AGE after the last "
            "change of the session.",
            hint="Set SESSION_SAVE_EVERY_REQUEST = True, or SESSION_EXPIRE_AT_BROWSER_CLOSE = True.",
            id="sessions_for_redis.W002",
        )


def _another_engine() -> Iterator[CheckMessage]:
    if any(hasattr(settings, name) for name in DEFAULTS):
        yield Warning(
            f"The SESSIONS_ settings have no effect: SESSION_ENGINE is {settings.SESSION_ENGINE}.",
            hint=f'Set SESSION_ENGINE = "{ENGINE}".',
            id="sessions_for_redis.W003",
        )
