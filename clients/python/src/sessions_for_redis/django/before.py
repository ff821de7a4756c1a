"""The previous store: unknown sessions are moved from it, so that no user is logged out."""

import re
from typing import Any

from .._before import moved_value
from .._cookies import Form

_KEY = re.compile(r"[A-Za-z0-9]{8,40}")


def _is_key(key: str) -> bool:
    """Django's keys have 32 characters, and its tables have room for 40.

    The keys of this package are longer.
    """
    return bool(_KEY.fullmatch(key))


class Before:
    """A session engine, by its class. A text that cannot be one of its keys is unknown to it."""

    def __init__(self, engine: Any, form: Form) -> None:
        self._engine = engine
        self._form = form

    def keys(self, key: str) -> tuple[str, ...]:
        """The key, and the key of the session since it was moved."""
        return (key, moved_value(self._form, key)) if _is_key(key) else (key,)

    def load(self, key: str) -> dict[str, Any]:
        found: dict[str, Any] = self._engine(key).load() if _is_key(key) else {}
        return found

    async def aload(self, key: str) -> dict[str, Any]:
        found: dict[str, Any] = await self._engine(key).aload() if _is_key(key) else {}
        return found

    def exists(self, key: str) -> bool:
        return _is_key(key) and bool(self._engine().exists(key))

    async def aexists(self, key: str) -> bool:
        return _is_key(key) and bool(await self._engine().aexists(key))

    def delete(self, key: str) -> None:
        if _is_key(key):
            self._engine().delete(key)

    async def adelete(self, key: str) -> None:
        if _is_key(key):
            await self._engine().adelete(key)
