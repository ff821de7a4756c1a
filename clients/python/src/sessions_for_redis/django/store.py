"""Django's SessionStore over the keeper, which all frameworks of this package share.

What is decided between two commands is written once, as steps; `save` and `asave`, and each other pair, differ in the
client that takes them.
"""

import math
import time
from typing import TYPE_CHECKING, Any

from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.core.exceptions import BadRequest
from django.views.decorators.debug import sensitive_variables

from .. import _calls
from .._before import storable
from .._loaded import NO_DEVICE, Loaded, Saving, public_sid
from .._senders import Steps
from ..errors import LimitError
from ..session import Session
from .conf import configuration
from .expiry import EXPIRY, lifetime, longest
from .values import serialized, unserialized


class TooManySessionsError(LimitError, BadRequest):
    """SESSIONS_REJECT: the user has SESSIONS_MAX sessions. Where nobody catches it, Django's reply has status 400."""


class SessionStore(SessionBase):
    """A request's session.

    Beside what Django documents: `others` lists the user's other sessions, `end_others` ends them, `sid` names this
    one in such a list.
    """

    if TYPE_CHECKING:
        # Django's, and not in the types of it.
        def _get_session(self, no_load: bool = False) -> dict[str, Any]: ...
        async def _aget_session(self, no_load: bool = False) -> dict[str, Any]: ...

    _loaded: Loaded | None = None
    # When the session ends in any case; None: it has no such end.
    _until: int | None = None

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        #: Where a log-in comes from.
        self.device = NO_DEVICE

    @property
    def _known(self) -> Loaded | None:
        """What is known of the stored session, if it is still the one of the session key."""
        loaded = self._loaded
        return loaded if loaded is not None and loaded.value == self.session_key else None

    @property
    def sid(self) -> str | None:
        """Names the stored session without opening it, as lists do; also where it was not read yet."""
        known = self._known
        if known is not None:
            return known.sid
        token = configuration().form.token(self.session_key) if self.session_key else None
        return None if token is None else public_sid(token)

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
                # The request that has taken it looks whether it is still there: no other one
                # deletes it.
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
        """The values of the cookie under which the session can be: a moved one may have another."""
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
            # The cookie gets the present key.
            self._session_key = loaded.value
            self.modified = True
        self._loaded, self._until = loaded, session.until
        return unserialized(self.serializer, session.d)

    def _begun(self) -> dict[str, Any]:
        """A session that is not stored yet."""
        self._session_key, self._loaded, self._until = None, None, None
        return {}

    def _take_over(self, key: str, data: dict[str, Any]) -> Steps[bool]:
        """Stores the session of the previous store. False: another request has."""
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
        # It was moved before, and ended since.
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
        """After `clear`, which reads nothing: what is stored has to be known to be replaced."""
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
        """The server removes what has timed out."""

    @classmethod
    async def aclear_expired(cls) -> None:
        """The server removes what has timed out."""

    # --- The user's other sessions ---

    @sensitive_variables()
    def others(self) -> list[Session]:
        """The other sessions of the user, most recently active first."""
        self._get_session()
        self._look_up()
        return configuration().run(self._others())

    @sensitive_variables()
    async def aothers(self) -> list[Session]:
        await self._aget_session()
        await self._alook_up()
        return await configuration().arun(self._others())

    def _owner(self) -> str | None:
        """The user of the session, by its data; or in the server, where another framework has logged the user in."""
        owner = configuration().keeper.owner_of(self._session_cache)
        known = self._known
        return owner or (known and known.stored_id) or None

    def _others(self) -> Steps[list[Session]]:
        owner = self._owner()
        if owner is None:
            return []
        listed = yield from configuration().keeper.sessions_of(owner)
        return [session for session in listed if session.sid != self.sid]

    @sensitive_variables()
    def end_others(self) -> int:
        """Ends the other sessions of the user; returns how many."""
        self._get_session()
        self._look_up()
        return configuration().run(self._end_others())

    @sensitive_variables()
    async def aend_others(self) -> int:
        await self._aget_session()
        await self._alook_up()
        return await configuration().arun(self._end_others())

    def _end_others(self) -> Steps[int]:
        owner, known = self._owner(), self._known
        if owner is None:
            return 0
        token = None if known is None else known.token
        ended: int = yield _calls.kill_soid(configuration().sessions.site, owner, except_=token)
        return ended
