"""Builds a command as words, option by option, with the function that decodes its reply."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from ._data import Data, data_text
from .session import Unset

T = TypeVar("T")


@dataclass(frozen=True)
class Call(Generic[T]):
    """A command to send, with the function that decodes its reply."""

    name: str
    words: tuple[bytes, ...] = field(repr=False)
    #: Gets the reply; for a call to all primaries, the list of their replies.
    decode: Callable[[Any], T] = field(repr=False)
    #: Whether the command goes to every primary instead of the node of its second word.
    is_everywhere: bool = False


class Site(NamedTuple):
    """The app, and whether its sessions are in a cluster."""

    app: str
    is_cluster: bool


def _word(name: str, value: str | int) -> bytes:
    if isinstance(value, str):
        # The server refuses text that is not valid Unicode, or does not know it as a token.
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, int):
        return b"%d" % value
    raise TypeError(f"{name} must be a str or an int, not {type(value).__name__}")


class Words:
    """Builds the words of a command option by option. Options that are None are omitted."""

    def __init__(self, site: Site, command: str, **arguments: str | int) -> None:
        self._name = f"SESSIONS.{command}"
        self._words = [_word(name, value) for name, value in {"app": site.app, **arguments}.items()]

    def option(self, name: str, value: str | int | None) -> "Words":
        if value is not None:
            self._words += (name.encode(), _word(name.lower(), value))
        return self

    def flag(self, name: str, is_set: bool) -> "Words":
        if is_set:
            self._words.append(name.encode())
        return self

    def owner(self, id: str | int | Unset | None) -> "Words":
        """`ID id`, or ANON for None."""
        return self.flag("ANON", id is None).option("ID", None if isinstance(id, Unset) else id)

    def data(self, data: Data | None) -> "Words":
        return self if data is None else self.option("DATA", data_text(data))

    def page(self, offset: int, limit: int | None) -> "Words":
        if offset or limit is not None:
            self.option("LIMIT", offset)
            self._words.append(_word("limit", -1 if limit is None else limit))
        return self

    def at(self, decode: Callable[[Any], T]) -> Call[T]:
        """A call to the node of the second word."""
        return Call(self._name, tuple(self._words), decode)

    def everywhere(self, decode: Callable[[list[Any]], T]) -> Call[T]:
        return Call(self._name, tuple(self._words), decode, is_everywhere=True)
