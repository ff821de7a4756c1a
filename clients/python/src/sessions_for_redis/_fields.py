"""A session's data as the JSON text of each top-level key. The texts are compared and sent.

Both sides of a comparison are written by the same code from parsed values, so that an untouched
number such as 1.0, or one of 20 digits, is not a change.
"""

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

from ._data import Json, check_key, to_json

Fields: TypeAlias = dict[str, str]
#: None: the key was removed.
Changes: TypeAlias = dict[str, str | None]


def fields_of(data: Mapping[str, Any]) -> Fields:
    for name in data:
        check_key(name, "")
    return {name: to_json(value, name) for name, value in data.items()}


def changes(before: Fields, after: Fields) -> Changes:
    """The changes from the first to the second."""
    changed: Changes = {name: text for name, text in after.items() if before.get(name) != text}
    changed.update({name: None for name in before if name not in after})
    return changed


def applied(changed: Changes, fields: Fields) -> Fields:
    result: Changes = {**fields, **changed}
    return {name: text for name, text in result.items() if text is not None}


def object_text(fields: Mapping[str, str | None]) -> Json:
    parts = (f"{json.dumps(name, ensure_ascii=False)}:{text or 'null'}" for name, text in fields.items())
    return Json("{" + ",".join(parts) + "}")
