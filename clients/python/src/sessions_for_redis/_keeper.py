"""What every framework's sessions do: read a session, remember what was read, and later store what differs.

A session that has ended meanwhile stays ended, and requests at once that change different keys lose nothing. Nothing
here sends: each function is made of steps (see `_senders`), which clients that wait and clients that are awaited take.
"""

import time
from collections.abc import Mapping
from typing import Any

from . import _calls
from ._fields import Changes, Fields, applied, changes, fields_of, object_text
from ._loaded import Device, Loaded, Saving
from ._options import Options, Owner, login_of, owner_of
from ._senders import Steps
from ._words import Site
from .errors import ConflictError, SessionsError
from .session import UNSET, Session, Unset

_TRIES = 3
_LONGEST = 315_360_000
# Seconds in which a log-in that is sent twice, as by a double click, is the same one.
_REPEAT = 10


class Keeper:
    """`usual` finds which user a session belongs to where the options do not say."""

    def __init__(self, site: Site, options: Options, usual: Owner | None = None) -> None:
        self._site = site
        self._options = options
        self.form = options.form()
        self._is_drawn_here = options.cookie != "token"
        #: Whose session it is, by its data.
        self.owner_of = owner_of(options, usual, site.is_cluster)
        self._login_of = login_of(options, usual)

    def read(self, value: str | None) -> Steps[tuple[Loaded, Session] | None]:
        """Reads the session that a cookie names. The data of the session are the caller's to change."""
        token = self.form.token(value) if value else None
        if value is None or token is None:
            return None
        session: Session | None = yield _calls.get(self._site, token)
        return None if session is None else (self.loaded(value, token, session), session)

    def loaded(self, value: str, token: str, session: Session) -> Loaded:
        if session.token is not None and not self._is_drawn_here:
            # Found by its old token during a grace: the cookie gets the present one.
            value = token = session.token
        return Loaded(
            value=value,
            token=token,
            fields=fields_of(session.d),
            owner=self.owner_of(session.d),
            login=self._login_of(session.d),
            stored_id=session.id or "",
            w=session.w,
            ttl=session.ttl,
            is_fixed=session.no_resave,
        )

    def fresh(self) -> Loaded:
        """For a session that does not exist yet."""
        return Loaded(fields={})

    def end(self, loaded: Loaded) -> Steps[bool]:
        if loaded.is_new:
            return False
        was_alive: bool = yield _calls.kill(self._site, loaded.token)
        return was_alive

    def save(self, loaded: Loaded, saving: Saving) -> Steps[bool]:
        """Stores what differs. False: the session has ended, or belongs to another user now.

        Afterwards `loaded` is what is stored; its value is the one that the cookie gets.
        """
        if saving.ttl <= 0:
            yield from self.end(loaded)
            return False
        fields = fields_of(saving.data)
        owner = self.owner_of(saving.data)
        if loaded.is_new:
            yield from self._make(loaded, saving, fields, owner)
            is_alive = True
        else:
            is_alive = yield from self._write(loaded, saving, fields, owner)
        if is_alive:
            loaded.fields, loaded.owner, loaded.login = fields, owner, self._login_of(saving.data)
        return is_alive

    def take_over(self, value: str, saving: Saving) -> Steps[bool]:
        """Makes a session of another store's, under the cookie's value. False: that value has a session already.

        It limits nobody: with `max` the order of the moves would decide which sessions end.
        """
        owner = self.owner_of(saving.data)
        made: int = yield _calls.save(
            self._site,
            self.form.token(value) or "",
            object_text(fields_of(saving.data)),
            nx=True,
            id=UNSET if owner is None else owner,
            ip=saving.device.ip,
            ua=saving.device.ua,
            ttl=min(saving.ttl, _LONGEST),
            lifetime=saving.lifetime or self._options.lifetime,
            no_resave=saving.no_resave,
        )
        return made > 0

    def renew(self, loaded: Loaded) -> Steps[bool]:
        """Gives the session a new cookie value. False: it has ended."""
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

    def _ttl(self, loaded: Loaded, saving: Saving) -> int | None:
        """The time-out to send, if any: a session that another program has fixed keeps its end."""
        if loaded.is_fixed and not saving.no_resave:
            return None
        return None if saving.ttl == loaded.ttl and not saving.no_resave else min(saving.ttl, _LONGEST)

    def _write(self, loaded: Loaded, saving: Saving, fields: Fields, owner: str | None) -> Steps[bool]:
        login = self._login_of(saving.data)
        if owner is None and login not in (None, loaded.login) and not (yield from self.renew(loaded)):
            # Nobody's in the server, a log-in all the same: its token may have been planted.
            return False
        changed = changes(loaded.fields, fields)
        if not changed and owner == loaded.owner:
            return (yield from self._refresh(loaded, saving))
        if owner is not None and owner != loaded.owner:
            return (yield from self._log_in(loaded, saving, fields, changed, owner))
        if owner != loaded.owner:
            return (yield from self._write_whole(loaded, saving, fields, changed, None))
        is_whole = "null" in changed.values() or not fields or not self._options.merge
        if is_whole or (saving.no_resave and not loaded.is_fixed):
            return (yield from self._write_whole(loaded, saving, fields, changed, UNSET))
        return (yield from self._merge(loaded, saving, changed))

    def _refresh(self, loaded: Loaded, saving: Saving) -> Steps[bool]:
        """Reading has refreshed it, so that there may be nothing to do."""
        ttl = self._ttl(loaded, saving)
        if ttl is None:
            return True
        is_alive: bool = yield _calls.touch(self._site, loaded.token, ttl=ttl)
        loaded.ttl = ttl
        return is_alive

    def _merge(self, loaded: Loaded, saving: Saving, changed: Changes) -> Steps[bool]:
        ttl = self._ttl(loaded, saving)
        stored: Session | None = yield _calls.set(
            self._site,
            loaded.token,
            object_text(changed),
            if_id=loaded.stored_id,
            ttl=ttl,
            lifetime=saving.lifetime,
        )
        if stored is None:
            return False
        loaded.w = stored.w if loaded.w is not None and stored.w == loaded.w + 1 else None
        loaded.ttl = loaded.ttl if ttl is None else ttl
        return True

    def _write_whole(
        self, loaded: Loaded, saving: Saving, fields: Fields, changed: Changes, id: Unset | None
    ) -> Steps[bool]:
        is_merging = self._options.merge
        w = loaded.w
        ttl = self._ttl(loaded, saving)
        for tried in range(1, _TRIES + 1):
            whole = fields
            if is_merging and w is None:
                stored: Session | None = yield _calls.peek(self._site, loaded.token)
                if stored is None or (stored.id or "") != loaded.stored_id:
                    return False
                whole, w = applied(changed, fields_of(stored.d)), stored.w
            call = _calls.save(
                self._site,
                loaded.token,
                object_text(whole),
                xx=True,
                id=id,
                ttl=ttl,
                lifetime=saving.lifetime,
                no_resave=saving.no_resave,
                if_w=w if is_merging else None,
            )
            try:
                wrote: int = yield call
            except ConflictError:
                if tried == _TRIES:
                    raise
                w = None
                continue
            if wrote == 0:
                return False
            loaded.w = None if w is None else w + 1
            loaded.ttl = loaded.ttl if ttl is None else ttl
            loaded.is_fixed = loaded.is_fixed or saving.no_resave
            if id is None:
                loaded.stored_id = ""
            return True
        raise AssertionError("the last try returns or raises")

    def _log_in(self, loaded: Loaded, saving: Saving, fields: Fields, changed: Changes, owner: str) -> Steps[bool]:
        """The session becomes a user's under a new token: an attacker may have planted the old one in the browser."""
        if self._is_drawn_here or self._site.is_cluster:
            whole = fields
            if self._options.merge:
                stored: Session | None = yield _calls.peek(self._site, loaded.token)
                if stored is None or (stored.id or "") != loaded.stored_id:
                    return (yield from self._begin(loaded, saving, changed, owner))
                whole = applied(changed, fields_of(stored.d))
            is_alive = yield from self._replace(loaded, saving, whole, owner)
            return is_alive or (yield from self._begin(loaded, saving, changed, owner))
        options = self._options
        # ROTATE merges, so that a key which becomes null has to be written afterwards.
        merged = {name: text for name, text in changed.items() if text != "null"}
        token: str | None = yield _calls.rotate(
            self._site,
            loaded.token,
            id=owner,
            grace=_REPEAT,
            ip=saving.device.ip,
            ua=saving.device.ua,
            ttl=self._ttl(loaded, saving),
            lifetime=saving.lifetime or options.lifetime,
            max=options.max,
            reject=options.reject,
            data=object_text(merged),
        )
        if token is None:
            return (yield from self._begin(loaded, saving, changed, owner))
        loaded.value = loaded.token = token
        loaded.stored_id, loaded.w = owner, None
        if len(merged) == len(changed) and options.merge:
            loaded.ttl = loaded.ttl if loaded.is_fixed else saving.ttl
            return True
        return (yield from self._write_whole(loaded, saving, fields, changed, UNSET))

    def _begin(self, loaded: Loaded, saving: Saving, changed: Changes, owner: str) -> Steps[bool]:
        """The session has ended before a log-in was stored: the user's begins with what this request has set."""
        yield from self._make(loaded, saving, applied(changed, {}), owner)
        # The request has more data than is stored; they do not come back by a later write.
        loaded.w = None
        return True

    def _replace(self, loaded: Loaded, saving: Saving, whole: Fields, owner: str | None) -> Steps[bool]:
        """Makes a session with the data instead of the one that was read."""
        old = loaded.token
        yield from self._make(loaded, saving, whole, owner)
        # There may be more in it than was read, which data that are stored whole would remove.
        loaded.w = None
        try:
            was_alive: bool = yield _calls.kill(self._site, old)
        except SessionsError:
            # What stays is the previous session, until it times out.
            return True
        if not was_alive:
            # It was ended in the meantime, and its data do not come back.
            yield _calls.kill(self._site, loaded.token)
        return was_alive

    def _make(self, loaded: Loaded, saving: Saving, fields: Fields, owner: str | None) -> Steps[None]:
        """Makes a session: under a token of the store, or under one that is made of a generated cookie value."""
        options = self._options
        ttl = min(saving.ttl, _LONGEST)
        words: dict[str, Any] = {
            "ip": saving.device.ip,
            "ua": saving.device.ua,
            "ttl": ttl,
            "lifetime": saving.lifetime or options.lifetime,
            "no_resave": saving.no_resave,
        }
        # Not where another session of the user's replaces this one: it would count as one more.
        if owner is not None and owner != loaded.stored_id:
            words |= {"max": options.max, "reject": options.reject}
        value = self.form.draw()
        w = 1
        if value is None:
            # CREATE leaves keys that are null out.
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

    def sessions_of(self, id: str | int) -> Steps[list[Session]]:
        """A user's sessions, most recently active first: the devices."""
        listed: list[Session] = yield _calls.soid(self._site, id, no_data=True)
        return listed

    def end_others(self, loaded: Loaded | None, data: Mapping[str, Any]) -> Steps[int]:
        """Ends the other sessions of the user whose data these are; returns how many.

        Where another framework has logged the user in, only the server knows whose session it is.
        """
        owner = self.owner_of(data)
        if owner is None and loaded is not None and loaded.owner is None:
            owner = loaded.stored_id
        if not owner:
            return 0
        token = None if loaded is None or loaded.is_new else loaded.token
        ended: int = yield _calls.kill_soid(self._site, owner, except_=token)
        return ended

    def end_all(self, id: str | int, only: str | None) -> Steps[int]:
        """Ends all sessions of a user, or the one with a sid; returns how many."""
        ended: int = yield _calls.kill_soid(self._site, id, only=only)
        return ended
