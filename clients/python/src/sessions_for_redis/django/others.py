"""The sid of a request's session, and the other sessions of its user.

`SessionStore` in `store` is derived from this class, and reads and stores the session.
"""

from typing import TYPE_CHECKING, Any

from django.contrib.sessions.backends.base import SessionBase
from django.views.decorators.debug import sensitive_variables

from .. import _calls
from .._loaded import Loaded, public_sid
from .._senders import Steps
from ..session import Session
from .conf import configuration


class WithOthers(SessionBase):
    if TYPE_CHECKING:
        # Django has these attributes, but its types do not.
        _session_cache: dict[str, Any]

        def _get_session(self, no_load: bool = False) -> dict[str, Any]: ...
        async def _aget_session(self, no_load: bool = False) -> dict[str, Any]: ...

        # SessionStore has these methods.
        def _look_up(self) -> None: ...
        async def _alook_up(self) -> None: ...

    _loaded: Loaded | None = None

    @property
    def _known(self) -> Loaded | None:
        """What is known of the stored session, if it still belongs to the session key."""
        loaded = self._loaded
        return loaded if loaded is not None and loaded.value == self.session_key else None

    @property
    def sid(self) -> str | None:
        """The sid of the stored session, as in lists: it gives no access.

        It is known before the session is read.
        """
        known = self._known
        if known is not None:
            return known.sid
        token = configuration().form.token(self.session_key) if self.session_key else None
        return None if token is None else public_sid(token)

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
        """The user of the session by its data, or in the server if another framework has logged the
        user in.
        """
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
