"""What is remembered of a session between reading and storing it, and what is to be stored."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ._fields import Fields


def public_sid(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:16]


@dataclass(kw_only=True)
class Loaded:
    """What is known of the stored session that an object in the program was made of."""

    #: The cookie's value; None: nothing is stored yet.
    value: str | None = None
    token: str = ""
    #: The data that the object had when it was read or last stored.
    fields: Fields
    #: Whose session it is by that data.
    owner: str | None = None
    #: Who is logged in by that data, also where sessions are nobody's.
    login: str | None = None
    #: Whose session it is in the server; empty: nobody's.
    stored_id: str = ""
    #: The server's write counter; None if others have written what the object does not know.
    w: int | None = None
    ttl: int = 0
    #: Use does not extend it.
    is_fixed: bool = False

    @property
    def is_new(self) -> bool:
        return self.value is None

    @property
    def sid(self) -> str | None:
        """Names the stored session without opening it, as lists do."""
        return None if self.is_new else public_sid(self.token)

    def __repr__(self) -> str:
        return "Loaded(new)" if self.is_new else "Loaded(…)"


class Device(NamedTuple):
    """Where a request comes from."""

    ip: str | None = None
    ua: str | None = None


NO_DEVICE = Device()


def device(ip: object, ua: object) -> Device:
    """The device as the server takes it: a log-in does not fail because of odd text."""
    texts = (text if isinstance(text, str) and text else None for text in (ip, ua))
    address, agent = texts
    if address is not None:
        address = "".join(char for char in address if char.isprintable())[:64]
    return Device(address, None if agent is None else _as_sent(agent))


def _as_sent(header: str) -> str:
    """The frameworks read a header as Latin-1, browsers and apps write UTF-8."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


@dataclass(frozen=True, kw_only=True)
class Saving:
    """What is to be stored."""

    data: Mapping[str, Any]
    #: Seconds until it ends if it is not used. 0 or less ends it.
    ttl: int
    device: Device = NO_DEVICE
    #: Seconds until it ends in any case, counted from each time that it is stored.
    lifetime: int | None = None
    #: Use does not extend its life; each time that it is stored does.
    no_resave: bool = False
