"""Where a user logged in: for lists of devices. A log-in is the only moment at which the session meets the request."""

from typing import Any

from django.http import HttpRequest

from .._loaded import device
from .conf import address_of
from .store import SessionStore


def note_device(request: HttpRequest | None = None, **_: Any) -> None:
    session = getattr(request, "session", None)
    if request is not None and isinstance(session, SessionStore):
        session.device = device(address_of(request), request.META.get("HTTP_USER_AGENT"))
