"""The errors of this package, one class for each reason that a program may have to distinguish."""


class SessionsError(Exception):
    """Base class. `code` names the reason: the first word of the server's reply, or the code of a
    subclass.
    """

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message, code)
        self.code = code

    def __str__(self) -> str:
        return str(self.args[0])


class NoModuleError(SessionsError):
    """The server has no `SESSIONS.*` commands, or not those of this version. Code `NOMODULE`."""


class ConflictError(SessionsError):
    """`if_w` is not the session's number of writes. Code `CONFLICT`."""


class LimitError(SessionsError):
    """`reject` was given and the id already has `max` sessions. Code `LIMIT`."""


class CrossSlotError(SessionsError):
    """In a cluster, the id belongs to another hash slot than the token. Code `CROSSSLOT`."""


class TryAgainError(SessionsError):
    """Hash slots are moving to another node, and several attempts have failed. Code `TRYAGAIN`."""


class NoPermissionError(SessionsError):
    """The Redis user may not use the app or the command. Code `NOPERM`."""


class InvalidArgumentError(SessionsError):
    """The server refused an argument. Code `INVALID`."""


class DataTooLargeError(SessionsError):
    """The data is larger than the setting `sessions.max-data-bytes`. Code `TOOLARGE`."""


class UnavailableError(SessionsError):
    """No reply: the server is unreachable, the client is closed or the timeout has passed.

    Code `UNAVAILABLE`.
    """
