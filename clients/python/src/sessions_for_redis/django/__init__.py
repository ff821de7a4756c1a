"""Django's sessions: `SESSION_ENGINE = "sessions_for_redis.django"`.

This module is the session engine, and the application for `INSTALLED_APPS` that adds system checks,
the devices of users and the command `usersessions`.
"""

from .store import SessionStore
from .users import aend_all, asessions_of, end_all, sessions_of, sid_of

__all__ = ["SessionStore", "aend_all", "asessions_of", "end_all", "sessions_of", "sid_of"]
