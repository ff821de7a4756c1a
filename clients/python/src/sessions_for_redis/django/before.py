"""The store of before: sessions that are unknown here are moved from it, so that nobody is logged out.

The cookie of a moved session is made of the one that the browser has, so that requests at once end up with the same
session, and a browser that has missed the reply still finds it.
"""

import hashlib
import logging
import re
from collections.abc import Mapping
from typing import Any

from .._cookies import Form, SignedForm, TokenForm
from .._fields import fields_of

_KEY = re.compile(r"[A-Za-z0-9]{8,40}")

logger = logging.getLogger("sessions_for_redis")


def _is_key(key: str) -> bool:
    """Django's keys have 32 characters, its tables room for 40; the keys of this package are longer."""
    return bool(_KEY.fullmatch(key))


def moved_key(form: Form, key: str) -> str:
    """The session key of a session that had this one in the store of before."""
    if isinstance(form, TokenForm):
        return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
    return form.sign(key) if isinstance(form, SignedForm) else key


def storable(data: Mapping[str, Any]) -> dict[str, Any]:
    """Stores such as the cache hold more than JSON does. A value that JSON cannot hold is left out, not the session."""
    kept: dict[str, Any] = {}
    for name, value in data.items():
        try:
            fields_of({name: value})
        except TypeError as error:
            logger.warning("left out while a session was moved: %s", error)
        else:
            kept[name] = value
    return kept


class Before:
    """A session engine, by its class. What cannot be a key of it is unknown to it."""

    def __init__(self, engine: Any, form: Form) -> None:
        self._engine = engine
        self._form = form

    def key(self, key: str) -> str:
        return moved_key(self._form, key)

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
