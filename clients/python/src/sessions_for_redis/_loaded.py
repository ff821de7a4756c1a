"""What is remembered of a session between reading and storing it, and what will be stored."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ._fields import Fields


def public_sid(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:16]


@dataclass(kw_only=True)
class Loaded:
    """What is known of the stored session from which an object in the program was made."""

    #: The cookie's value; None: nothing is stored yet.
    value: str | None = None
    token: str = ""
    #: The data that the object had when it was read or last stored.
    fields: Fields
    #: The user of the session according to that data.
    owner: str | None = None
    #: The user who is logged in according to that data, also if sessions have no user.
    login: str | None = None
    #: The user of the session in the server; empty: anonymous.
    stored_id: str = ""
    #: The server's write counter; None if other clients have written data that the object does not
    #: have.
    w: int | None = None
    ttl: int = 0
    #: Use does not extend the session.
    is_fixed: bool = False

    @property
    def is_new(self) -> bool:
        return self.value is None

    @property
    def sid(self) -> str | None:
        """The sid of the stored session, as in lists: it gives no access."""
        return None if self.is_new else public_sid(self.token)

    def __repr__(self) -> str:
        return "Loaded(new)" if self.is_new else "Loaded(…)"


class Device(NamedTuple):
    """The address and the user agent of a request."""

    ip: str | None = None
    ua: str | None = None


NO_DEVICE = Device()


def device(ip: object, ua: object) -> Device:
    """The device in a form that the server accepts: unusual text must not make a log-in fail."""
    texts = (text if isinstance(text, str) and text else None for text in (ip, ua))
    address, agent = texts
    if address is not None:
        address = "".join(char for char in address if char.isprintable())[:64]
    return Device(address, None if agent is None else _as_sent(agent))


def _as_sent(header: str) -> str:
    """The frameworks read a header as Latin-1, but browsers and apps write UTF-8."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


@dataclass(frozen=True, kw_only=True)
class Saving:
    """What will be stored."""

    data: Mapping[str, Any]
    #: Seconds until the session ends if it is not used. 0 or less ends it immediately.
    ttl: int
    device: Device = NO_DEVICE
    #: Seconds until the session ends even if it is used, counted from each time that it is stored.
    lifetime: int | None = None
    #: Use does not extend the session; storing it does.
    no_resave: bool = False
