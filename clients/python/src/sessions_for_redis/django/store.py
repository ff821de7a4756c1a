"""Django's SessionStore. It uses the keeper, which all frameworks of this package share.

The decisions between two commands are written once, as steps. `save` and `asave`, and all other
pairs, differ only in the client that runs the steps.
"""

import math
import time
from typing import Any

from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.core.exceptions import BadRequest
from django.views.decorators.debug import sensitive_variables

from .. import _calls
from .._before import storable
from .._loaded import NO_DEVICE, Loaded, Saving
from .._senders import Steps
from ..errors import LimitError
from ..session import Session
from .conf import configuration
from .expiry import EXPIRY, lifetime, longest
from .others import WithOthers
from .values import serialized, unserialized


class TooManySessionsError(LimitError, BadRequest):
    """SESSIONS_REJECT: the user already has SESSIONS_MAX sessions.

    If the error is not caught, Django's response has status 400.
    """


class SessionStore(WithOthers):
    """A request's session.

    In addition to what Django documents, `others` lists the user's other sessions, `end_others`
    ends them, and `sid` names this session in such a list.
    """

    # The time at which the session ends even if it is used; None: there is no such time.
    _until: int | None = None

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        #: The address and the user agent of a log-in.
        self.device = NO_DEVICE

    # --- Reading ---

    @sensitive_variables()
    def load(self) -> dict[str, Any]:
        run, before, key = configuration().run, configuration().before, self.session_key
        data = run(self._read())
        if data is None and before is not None and key is not None:
            found = before.load(key)
            if found:
                has_taken = run(self._take_over(key, found))
                is_first = not has_taken or before.exists(key)
                # The request that has moved the session checks whether it is still there: no other
                # request deletes it.
                if has_taken:
                    before.delete(key)
                data = run(self._moved(key, is_first))
        return self._begun() if data is None else data

    @sensitive_variables()
    async def aload(self) -> dict[str, Any]:
        run, before, key = configuration().arun, configuration().before, self.session_key
        data = await run(self._read())
        if data is None and before is not None and key is not None:
            found = await before.aload(key)
            if found:
                has_taken = await run(self._take_over(key, found))
                is_first = not has_taken or await before.aexists(key)
                if has_taken:
                    await before.adelete(key)
                data = await run(self._moved(key, is_first))
        return self._begun() if data is None else data

    def _keys(self, key: str) -> list[str]:
        """The values of the cookie under which the session can be stored: a moved session may have
        another value.
        """
        before = configuration().before
        return [key] if before is None else list(dict.fromkeys(before.keys(key)))

    def _read(self) -> Steps[dict[str, Any] | None]:
        for key in self._keys(self.session_key) if self.session_key else ():
            found = yield from configuration().keeper.read(key)
            if found is not None:
                return self._remember(*found)
        return None

    def _remember(self, loaded: Loaded, session: Session) -> dict[str, Any]:
        if loaded.value != self.session_key:
            # The cookie gets the current key.
            self._session_key = loaded.value
            self.modified = True
        self._loaded, self._until = loaded, session.until
        return unserialized(self.serializer, session.d)

    def _begun(self) -> dict[str, Any]:
        """A session that is not stored yet."""
        self._session_key, self._loaded, self._until = None, None, None
        return {}

    def _take_over(self, key: str, data: dict[str, Any]) -> Steps[bool]:
        """Stores the session of the previous store.

        Returns False if another request has stored it.
        """
        made = configuration()
        kept = storable(data)
        age = math.ceil(self.get_expiry_age(expiry=kept.get(EXPIRY)))
        if made.before is None or age <= 0:
            return False
        saving = self._saving(kept, age, Loaded(fields={}))
        return (yield from made.keeper.take_over(made.before.keys(key)[-1], saving))

    def _moved(self, key: str, is_first: bool) -> Steps[dict[str, Any] | None]:
        if is_first:
            return (yield from self._read())
        # The session was moved before, and has ended since.
        yield from self._ended(key)
        return None

    # --- Storing ---

    def create(self) -> None:
        self._session_key = None
        self.save(must_create=True)
        self.modified = True

    async def acreate(self) -> None:
        self._session_key = None
        await self.asave(must_create=True)
        self.modified = True

    @sensitive_variables()
    def save(self, must_create: bool = False) -> None:
        data = self._get_session(no_load=must_create)
        if not must_create:
            self._look_up()
        configuration().run(self._store(data, must_create))

    @sensitive_variables()
    async def asave(self, must_create: bool = False) -> None:
        data = await self._aget_session(no_load=must_create)
        if not must_create:
            await self._alook_up()
        await configuration().arun(self._store(data, must_create))

    def _look_up(self) -> None:
        """Reads the session after `clear`, which does not read it: the stored data must be known to
        be replaced.
        """
        if self.session_key and self._known is None:
            self.load()

    async def _alook_up(self) -> None:
        if self.session_key and self._known is None:
            await self.aload()

    def _store(self, data: dict[str, Any], must_create: bool) -> Steps[None]:
        made = configuration()
        if must_create and self.session_key and (yield from self._stored(self.session_key)):
            raise CreateError
        loaded = (None if must_create else self._known) or made.keeper.fresh()
        age = math.ceil(self.get_expiry_age(expiry=data.get(EXPIRY)))
        saving = self._saving(serialized(self.serializer, data), age, loaded)
        try:
            is_alive = yield from made.keeper.save(loaded, saving)
        except LimitError as error:
            raise TooManySessionsError(str(error), error.code) from None
        if age <= 0:
            return
        if not is_alive:
            raise UpdateError
        self._loaded, self._session_key = loaded, loaded.value
        if saving.lifetime is not None:
            self._until = int(time.time()) + saving.lifetime

    def _saving(self, data: dict[str, Any], age: int, loaded: Loaded) -> Saving:
        made = configuration()
        is_begin = loaded.is_new or made.keeper.owner_of(data) not in (None, loaded.owner)
        end = lifetime(data, age, loaded, longest=longest(made.lifetime, None if is_begin else self._until))
        if is_begin and end is None:
            end = made.lifetime
        return Saving(data=data, ttl=age, no_resave=not made.is_sliding, lifetime=end, device=self.device)

    # --- Another key, and the end ---

    @sensitive_variables()
    def cycle_key(self) -> None:
        self._get_session()
        self._look_up()
        configuration().run(self._renew())

    @sensitive_variables()
    async def acycle_key(self) -> None:
        await self._aget_session()
        await self._alook_up()
        await configuration().arun(self._renew())

    def _renew(self) -> Steps[None]:
        self.modified = True
        known = self._known
        if known is None:
            # Nothing is stored: `save` generates the key.
            return
        if (yield from configuration().keeper.renew(known)):
            self._session_key = known.value
        else:
            self._session_cache = self._begun()

    @sensitive_variables()
    def exists(self, session_key: str | None) -> bool:
        made = configuration()
        if session_key is None:
            return False
        return made.run(self._stored(session_key)) or bool(made.before and made.before.exists(session_key))

    @sensitive_variables()
    async def aexists(self, session_key: str | None) -> bool:
        made = configuration()
        if session_key is None:
            return False
        if await made.arun(self._stored(session_key)):
            return True
        return made.before is not None and await made.before.aexists(session_key)

    @sensitive_variables()
    def delete(self, session_key: str | None = None) -> None:
        made, key = configuration(), session_key or self.session_key
        if key is None:
            return
        made.run(self._ended(key))
        if made.before is not None:
            made.before.delete(key)

    @sensitive_variables()
    async def adelete(self, session_key: str | None = None) -> None:
        made, key = configuration(), session_key or self.session_key
        if key is None:
            return
        await made.arun(self._ended(key))
        if made.before is not None:
            await made.before.adelete(key)

    def _tokens(self, key: str) -> list[str]:
        tokens = (configuration().form.token(each) for each in self._keys(key))
        return [token for token in tokens if token is not None]

    def _stored(self, key: str) -> Steps[bool]:
        for token in self._tokens(key):
            if (yield _calls.exists(configuration().sessions.site, token)):
                return True
        return False

    def _ended(self, key: str) -> Steps[None]:
        for token in self._tokens(key):
            yield _calls.kill(configuration().sessions.site, token)

    @classmethod
    def clear_expired(cls) -> None:
        """Does nothing: the server removes timed-out sessions."""

    @classmethod
    async def aclear_expired(cls) -> None:
        """Does nothing: the server removes timed-out sessions."""
