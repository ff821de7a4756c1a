"""Stores the address and the user agent of a log-in for lists of devices.

Only a log-in has both the session and the request.
"""

from typing import Any

from django.http import HttpRequest

from .._loaded import device
from .conf import address_of
from .store import SessionStore


def note_device(request: HttpRequest | None = None, **_: Any) -> None:
    session = getattr(request, "session", None)
    if request is not None and isinstance(session, SessionStore):
        session.device = device(address_of(request), request.META.get("HTTP_USER_AGENT"))
