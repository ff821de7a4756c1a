"""The time at which a session ends even if it is used: Django's expiry and SESSIONS_LIFETIME."""

import time
from typing import Any

from .._loaded import Loaded

EXPIRY = "_session_expiry"

# The longest time that the server accepts.
_LONGEST = 315_360_000


def longest(policy: int | None, until: int | None) -> int:
    """The maximum number of seconds until the session ends.

    `until` is its current end; None if the policy counts from now.
    """
    if policy and until is not None:
        return max(1, until - int(time.time()))
    return policy or _LONGEST


def lifetime(data: dict[str, Any], age: int, loaded: Loaded, *, longest: int) -> int | None:
    """Seconds until the session ends even if it is used; None: the end does not change.

    An expiry that is a time, which Django keeps as a text, is such an end. Removing the expiry
    removes the end.
    """
    if isinstance(data.get(EXPIRY), str):
        return max(1, min(age, longest))
    was_time = loaded.fields.get(EXPIRY, "").startswith('"')
    return longest if was_time else None
