"""Converts a session's values between the program and JSON, by the site's SESSION_SERIALIZER."""

import json
from typing import Any

from django.contrib.sessions.serializers import JSONSerializer

from .._fields import fields_of


def serialized(serializer: Any, data: dict[str, Any]) -> dict[str, Any]:
    """The data in the form of JSON: keys are texts, and tuples are lists."""
    try:
        plain: dict[str, Any] = json.loads(serializer().dumps(data))
    except (TypeError, ValueError, RecursionError):
        fields_of(data)  # raises an error that says where
        raise
    return plain


def unserialized(serializer: Any, plain: dict[str, Any]) -> dict[str, Any]:
    if serializer is JSONSerializer:
        return plain
    data: dict[str, Any] = serializer().loads(json.dumps(plain).encode())
    return data
