"""The common part of all frameworks: it reads a session, remembers what was read, and later stores
what differs.

A session that has ended stays ended, and simultaneous requests that change different keys lose
nothing. Nothing here sends a command: each function consists of steps (see `_senders`), which both
kinds of clients run: those that wait and those that are awaited.
"""

from collections.abc import Mapping
from typing import Any

from . import _calls
from ._fields import Changes, Fields, applied, changes, fields_of, object_text
from ._loaded import Loaded, Saving
from ._maker import LONGEST, Maker
from ._senders import Steps
from .errors import ConflictError
from .session import UNSET, Session, Unset

_TRIES = 3
# The number of seconds within which a log-in that is sent twice, as by a double click, counts as
# one.
_REPEAT = 10


class Keeper(Maker):
    """Reads, stores and ends the sessions of a framework."""

    def read(self, value: str | None) -> Steps[tuple[Loaded, Session] | None]:
        """Reads the session that a cookie names. The caller may change the data of the session."""
        token = self.form.token(value) if value else None
        if value is None or token is None:
            return None
        session: Session | None = yield _calls.get(self._site, token)
        return None if session is None else (self.loaded(value, token, session), session)

    def loaded(self, value: str, token: str, session: Session) -> Loaded:
        if session.token is not None and not self._is_drawn_here:
            # The session was found by its old token during a grace: the cookie gets the current
            # token.
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
        """Stores what differs. Returns False if the session has ended or belongs to another user
        now.

        Afterwards `loaded` describes what is stored, and its value is the value for the cookie.
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
        """Moves a session of another store to the cookie's value.

        Returns False if that value already has a session.

        The option `max` does not apply: the order of the moves would decide which sessions end.
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
            ttl=min(saving.ttl, LONGEST),
            lifetime=saving.lifetime or self._options.lifetime,
            no_resave=saving.no_resave,
        )
        return made > 0

    def _ttl(self, loaded: Loaded, saving: Saving) -> int | None:
        """The timeout to send, if any: a session whose end another program has fixed keeps that
        end.
        """
        if loaded.is_fixed and not saving.no_resave:
            return None
        return None if saving.ttl == loaded.ttl and not saving.no_resave else min(saving.ttl, LONGEST)

    def _write(self, loaded: Loaded, saving: Saving, fields: Fields, owner: str | None) -> Steps[bool]:
        login = self._login_of(saving.data)
        if owner is None and login not in (None, loaded.login) and not (yield from self.renew(loaded)):
            # In the server the session is anonymous, but this is a log-in: an attacker may have
            # planted its token.
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
        """Reading has refreshed it, so often nothing is sent."""
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
        """Gives the session to a user under a new token, because an attacker may have planted the
        old token in the browser.
        """
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
        # ROTATE merges, so a key that becomes null is written afterwards.
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
        """The session has ended before a log-in was stored: the user's session begins with the
        values that this request has set.
        """
        yield from self._make(loaded, saving, applied(changed, {}), owner)
        # The request has more data than are stored; a later write must not restore them.
        loaded.w = None
        return True

    def sessions_of(self, id: str | int) -> Steps[list[Session]]:
        """A user's sessions, most recently active first."""
        listed: list[Session] = yield _calls.soid(self._site, id, no_data=True)
        return listed

    def end_others(self, loaded: Loaded | None, data: Mapping[str, Any]) -> Steps[int]:
        """Ends the other sessions of the user to whom these data belong; returns how many.

        If another framework has logged the user in, only the server knows which user the session
        belongs to.
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
