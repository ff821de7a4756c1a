"""The session's cookie: how it is found among a request's cookies, what its value means, and which
value a new session gets.

An app has one form of the cookie, the same in every language and in the HTTP service. A browser or
a neighbouring host can send any text as a cookie: a text of another form names no session and is
never an error.
"""

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from secrets import token_urlsafe
from typing import Literal, Protocol
from urllib.parse import quote, unquote_to_bytes

FormName = Literal["token", "sha256", "signed"]

_TOKEN = re.compile(r"[A-Za-z0-9]{64}")
# The characters that encodeURIComponent of JavaScript does not encode, so that all languages write
# the same text.
_UNRESERVED = "!'()*"
_SPACE = " \t\n\r\f"


class Form(Protocol):
    """Converts the value of an app's cookie to the token."""

    def token(self, value: str) -> str | None:
        """The token of a cookie's value."""

    def draw(self) -> str | None:
        """A value for a new session; None: the value is the token that the store generates."""


def _sha256(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()


def _bytes(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape")


class TokenForm:
    """The value is the token."""

    def token(self, value: str) -> str | None:
        return value if _TOKEN.fullmatch(value) else None

    def draw(self) -> None:
        return None


class Sha256Form:
    """The token is the SHA-256 of the value: nothing that is stored gives access to a session."""

    def token(self, value: str) -> str | None:
        return _sha256(_bytes(value)) if value else None

    def draw(self) -> str:
        return token_urlsafe(32)


class SignedForm:
    """The token is the SHA-256 of a value that is signed, as express-session and @fastify/session
    do.

    The first secret signs. A value is accepted if any of the secrets has signed it.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        if isinstance(secrets, str) or not secrets or not all(isinstance(s, str) and s for s in secrets):
            raise ValueError("the cookie form signed requires secrets: a list of strings")
        self._secrets = [secret.encode() for secret in secrets]

    def __repr__(self) -> str:
        return f"SignedForm({len(self._secrets)} secrets)"

    def token(self, value: str) -> str | None:
        decoded = unquote_to_bytes(_bytes(value))
        signed, dot, signature = decoded.removeprefix(b"s:").rpartition(b".")
        if not dot:
            return None
        matches = [hmac.compare_digest(self._signature(secret, signed), signature) for secret in self._secrets]
        return _sha256(signed) if any(matches) else None

    def draw(self) -> str:
        return self.sign(token_urlsafe(32))

    def sign(self, value: str) -> str:
        """The value of the cookie for one of the site's own values."""
        drawn = _bytes(value)
        signed = b"s:" + drawn + b"." + self._signature(self._secrets[0], drawn)
        return quote(signed, safe=_UNRESERVED)

    @staticmethod
    def _signature(secret: bytes, signed: bytes) -> bytes:
        return b64encode(hmac.digest(secret, signed, "sha256")).rstrip(b"=")


def form(name: str, secrets: Sequence[str]) -> Form:
    if name == "signed":
        return SignedForm(secrets)
    if secrets:
        raise ValueError("only the cookie form signed has secrets")
    if name == "token":
        return TokenForm()
    if name == "sha256":
        return Sha256Form()
    raise ValueError("cookie must be token, sha256 or signed")


def cookie_value(headers: Iterable[bytes], name: str) -> str | None:
    """The value of the cookie in the `Cookie` headers of a request.

    Returns None if the cookie is missing or empty, or if it occurs with different values: a
    neighbouring subdomain can set a cookie of this name, and the request does not say which host
    set which value.
    """
    found: str | None = None
    for pair in b";".join(headers).decode("utf-8", "surrogateescape").split(";"):
        key, equals, text = pair.partition("=")
        if not equals or key.strip(_SPACE) != name:
            continue
        value = text.strip(_SPACE)
        if len(value) >= 2 and value[0] == value[-1] == '"':
            value = value[1:-1]
        if found is not None and found != value:
            return None
        found = value
    return found or None
