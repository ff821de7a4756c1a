"""Sessions kept by Redis or Valkey with the sessions module."""

from .errors import (
    ConflictError,
    CrossSlotError,
    DataTooLargeError,
    InvalidArgumentError,
    LimitError,
    NoModuleError,
    NoPermissionError,
    SessionsError,
    TryAgainError,
    UnavailableError,
)
from .session import UNSET, Session, Unset
from .sessions import AsyncSessions, Sessions

__all__ = [
    "UNSET",
    "AsyncSessions",
    "ConflictError",
    "CrossSlotError",
    "DataTooLargeError",
    "InvalidArgumentError",
    "LimitError",
    "NoModuleError",
    "NoPermissionError",
    "Session",
    "Sessions",
    "SessionsError",
    "TryAgainError",
    "UnavailableError",
    "Unset",
]
