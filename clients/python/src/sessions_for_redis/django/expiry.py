"""Which end in any case a session has, by Django's expiry and by SESSIONS_LIFETIME."""

import time
from typing import Any

from .._loaded import Loaded

EXPIRY = "_session_expiry"

# The longest time that the server takes.
_LONGEST = 315_360_000


def longest(policy: int | None, until: int | None) -> int:
    """Seconds that a session may live at most. `until` is the end that it has; None where the policy counts again."""
    if policy and until is not None:
        return max(1, until - int(time.time()))
    return policy or _LONGEST


def lifetime(data: dict[str, Any], age: int, loaded: Loaded, *, longest: int) -> int | None:
    """Seconds to the end in any case; None: it stays as it is.

    An expiry that is a time, which Django keeps as a text, is such an end. One that is removed takes it away again.
    """
    if isinstance(data.get(EXPIRY), str):
        return max(1, min(age, longest))
    was_time = loaded.fields.get(EXPIRY, "").startswith('"')
    return longest if was_time else None
