"""The session of a request to Starlette: a dictionary that is read-only after it was stored."""

from collections.abc import Mapping
from typing import Any

import starlette

from ._fields import Fields, fields_of
from ._loaded import NO_DEVICE, Loaded

# Older versions do not report that `request.session` is read: with them each response has the
# header `Vary: Cookie`.
_TELLS_OF_ACCESS = int(starlette.__version__.partition(".")[0]) >= 1

SAVED = "the session was stored when the response began: change it before"
READ_ONLY = "the session of a websocket is read only: a websocket has no response that could set its cookie"


class RequestSession(dict[str, Any]):
    """The session of a request.

    Changes are found by comparison, so a change in a nested value is stored.
    """

    def __init__(self, data: Mapping[str, Any], loaded: Loaded, cookie: str | None) -> None:
        super().__init__(data)
        self.loaded = loaded
        self.cookie = cookie
        self.device = NO_DEVICE
        #: The age of the cookie, if it has one: an unused session ends after this time.
        self.ttl: int | None = None
        self.was_accessed = not _TELLS_OF_ACCESS
        #: Whether the program has ended the session in this request. Then the cookie is deleted,
        #: unless another session begins.
        self.has_ended = False
        #: Why the session cannot be changed any more.
        self.closed: str | None = None
        self._last: Fields = {}

    @property
    def sid(self) -> str | None:
        """The sid of the stored session, as in lists of devices: it gives no access."""
        return self.loaded.sid

    def close(self, reason: str) -> None:
        self.closed = reason
        self._last = fields_of(self)

    def check(self) -> None:
        """Finds a change in a nested value after the end of changes."""
        if self.closed is not None and fields_of(self) != self._last:
            raise RuntimeError(self.closed)

    def mark_accessed(self) -> None:
        """Called by Starlette where `request.session` is read."""
        self.was_accessed = True

    def changes(self) -> None:
        if self.closed is not None:
            raise RuntimeError(self.closed)

    def __setitem__(self, name: str, value: Any) -> None:
        self.changes()
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        self.changes()
        super().__delitem__(name)

    def clear(self) -> None:
        self.changes()
        super().clear()

    def pop(self, name: str, *default: Any) -> Any:
        if name in self:
            self.changes()
        return super().pop(name, *default)

    def popitem(self) -> tuple[str, Any]:
        self.changes()
        return super().popitem()

    def setdefault(self, name: str, default: Any = None) -> Any:
        if name not in self:
            self.changes()
        return super().setdefault(name, default)

    def update(self, *arguments: Any, **items: Any) -> None:
        self.changes()
        super().update(*arguments, **items)

    def __ior__(self, other: Any) -> "RequestSession":  # type: ignore[override,misc]
        self.update(other)
        return self
