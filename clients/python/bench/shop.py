"""A site in Django whose sessions are kept by one engine or by another: requests are calls of its
WSGI handler.
"""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path

ENGINES = {"ours": "sessions_for_redis.django", "django-redis": "django.contrib.sessions.backends.cache"}


def read(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(request.session.get("n")))


def change(request: HttpRequest) -> HttpResponse:
    request.session["n"] = request.session.get("n", 0) + 1
    return HttpResponse("changed")


urlpatterns = [path("read", read), path("change", change)]


def configure(url: str) -> None:
    settings.configure(
        SECRET_KEY="bench",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
        CACHES={"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": url}},
        SESSIONS_APP="bench",
        SESSIONS_URL=url,
    )
    django.setup()


class Site:
    def __init__(self, name: str) -> None:
        # The middleware reads the setting once.
        with override_settings(SESSION_ENGINE=ENGINES[name]):
            self._handler = WSGIHandler()

    def ask(self, page: str, cookie: str = "") -> str:
        """The session's cookie after a request."""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": page,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "wsgi.input": BytesIO(),
            "wsgi.url_scheme": "http",
            "HTTP_COOKIE": cookie,
        }
        found = cookie

        def start(status: str, headers: list[tuple[str, str]]) -> Callable[[bytes], object]:
            nonlocal found
            assert status == "200 OK", status
            for name, value in headers:
                if name == "Set-Cookie":
                    found = value.partition(";")[0]
            return lambda data: None

        response = self._handler(environ, start)
        b"".join(response)
        response.close()
        return found
