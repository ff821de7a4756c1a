"""The common part of moving sessions from another store, so that no user is logged out.

The new cookie of a moved session is computed from the browser's cookie. So simultaneous requests
get the same session, and a browser that has missed the response still finds it.
"""

import hashlib
import logging
from collections.abc import Mapping
from typing import Any

from ._cookies import Form, SignedForm, TokenForm
from ._fields import fields_of

logger = logging.getLogger("sessions_for_redis")


def moved_value(form: Form, value: str) -> str:
    """The value of the cookie for a session that had this value in the previous store."""
    if isinstance(form, TokenForm):
        return hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()
    return form.sign(value) if isinstance(form, SignedForm) else value


def storable(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data without the values that JSON cannot hold. Only those values are lost."""
    kept: dict[str, Any] = {}
    for name, value in data.items():
        try:
            fields_of({name: value})
        except TypeError as error:
            logger.warning("omitted while moving a session: %s", error)
        else:
            kept[name] = value
    return kept


def check_move(form: Form, is_cluster: bool) -> None:
    if is_cluster and isinstance(form, TokenForm):
        raise ValueError(
            "in a cluster sessions of another store can only be moved to the cookie forms sha256 and signed: a token "
            "that is made of their cookie is in another hash slot than their users"
        )
