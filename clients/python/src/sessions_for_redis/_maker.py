"""Makes the stored sessions: new ones, and those that replace another one under a new token.

The keeper (see `_keeper`) decides when. A session gets a token that the server generates, or the
token of a generated cookie value, depending on the form of the cookie.
"""

import time
from typing import Any

from . import _calls
from ._fields import Fields, fields_of, object_text
from ._loaded import Device, Loaded, Saving
from ._options import Options, Owner, login_of, owner_of
from ._senders import Steps
from ._words import Site
from .errors import SessionsError
from .session import UNSET, Session, Unset

# The longest time that the server accepts, in seconds.
LONGEST = 315_360_000


class Maker:
    """`usual` finds the user of a session if the options do not."""

    def __init__(self, site: Site, options: Options, usual: Owner | None = None) -> None:
        self._site = site
        self._options = options
        self.form = options.form()
        self._is_drawn_here = options.cookie != "token"
        #: Returns the user of the session from its data.
        self.owner_of = owner_of(options, usual, site.is_cluster)
        self._login_of = login_of(options, usual)

    def renew(self, loaded: Loaded) -> Steps[bool]:
        """Gives the session a new cookie value. Returns False if it has ended."""
        if loaded.is_new:
            return True
        if not self._is_drawn_here:
            token: str | None = yield _calls.rotate(self._site, loaded.token)
            if token is not None:
                loaded.value = loaded.token = token
            return token is not None
        stored: Session | None = yield _calls.peek(self._site, loaded.token)
        if stored is None or (stored.id or "") != loaded.stored_id:
            return False
        left = None if stored.until is None else max(1, stored.until - int(time.time()))
        saving = Saving(
            data={},
            ttl=max(1, stored.ttl),
            device=Device(stored.ip, stored.ua),
            lifetime=left,
            no_resave=stored.no_resave,
        )
        return (yield from self._replace(loaded, saving, fields_of(stored.d), stored.id))

    def _replace(self, loaded: Loaded, saving: Saving, whole: Fields, owner: str | None) -> Steps[bool]:
        """Makes a session with the data instead of the one that was read."""
        old = loaded.token
        yield from self._make(loaded, saving, whole, owner)
        # The session may contain more than was read, which writing all data would remove.
        loaded.w = None
        try:
            was_alive: bool = yield _calls.kill(self._site, old)
        except SessionsError:
            # The previous session stays until it times out.
            return True
        if not was_alive:
            # The session has ended since it was read, and its data are not restored.
            yield _calls.kill(self._site, loaded.token)
        return was_alive

    def _make(self, loaded: Loaded, saving: Saving, fields: Fields, owner: str | None) -> Steps[None]:
        """Makes a session, under a token that the server generates or under the token of a
        generated cookie value.
        """
        options = self._options
        ttl = min(saving.ttl, LONGEST)
        words: dict[str, Any] = {
            "ip": saving.device.ip,
            "ua": saving.device.ua,
            "ttl": ttl,
            "lifetime": saving.lifetime or options.lifetime,
            "no_resave": saving.no_resave,
        }
        # Not if this session replaces another session of the user, which would count too.
        if owner is not None and owner != loaded.stored_id:
            words |= {"max": options.max, "reject": options.reject}
        value = self.form.draw()
        w = 1
        if value is None:
            # CREATE omits keys that are null.
            kept = {name: text for name, text in fields.items() if text != "null"}
            value = token = yield _calls.create(self._site, owner, data=object_text(kept), **words)
            if len(kept) < len(fields):
                w += yield _calls.save(self._site, token, object_text(fields), xx=True)
        else:
            token = self.form.token(value) or ""
            id: str | Unset = UNSET if owner is None else owner
            made: int = yield _calls.save(self._site, token, object_text(fields), nx=True, id=id, **words)
            if made == 0:
                raise SessionsError("a session with this cookie value already exists", "EXISTS")
        loaded.value, loaded.token = value, token
        loaded.stored_id, loaded.w, loaded.ttl = owner or "", w, ttl
        loaded.is_fixed = saving.no_resave
