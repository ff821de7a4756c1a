"""The forum: knows its users from the gateway alone, and has a log-out of its own.

Python without packages.

Served by WSGI, to which X-Session-User and X_Session_User are the same header.
"""

import json
import os
import urllib.error
import urllib.request
from http.cookies import SimpleCookie
from socketserver import ThreadingMixIn
from urllib.parse import unquote
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server


def end_session(token):
    request = urllib.request.Request(
        os.environ["SESSIONS_URL"] + "/v1/apps/webapp/session",
        method="DELETE",
        headers={"Authorization": "Bearer " + os.environ["SESSIONS_KEY"], "Session-Token": token},
    )
    try:
        urllib.request.urlopen(request, timeout=5).close()
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise


def is_own(environ):
    """Whether a form comes from a page of this site."""
    if site := environ.get("HTTP_SEC_FETCH_SITE"):
        return site == "same-origin"
    return environ.get("HTTP_ORIGIN", "").partition("://")[2] == environ.get("HTTP_HOST")


def forum(environ, respond):
    if environ["REQUEST_METHOD"] == "POST" and not is_own(environ):
        respond("403 Forbidden", [("Content-Type", "text/plain")])
        return [b"A form of another site\n"]
    if (environ["REQUEST_METHOD"], environ["PATH_INFO"]) == ("POST", "/forum/logout"):
        cookie = SimpleCookie(environ.get("HTTP_COOKIE", "")).get("sid")
        if cookie:
            end_session(cookie.value)
        over = "sid=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
        respond("303 See Other", [("Set-Cookie", over), ("Location", "/login")])
        return []
    respond("200 OK", [("Content-Type", "application/json")])
    page = {
        "site": "forum",
        "user": unquote(environ.get("HTTP_X_SESSION_USER", "")),
        "method": environ["REQUEST_METHOD"],
        "url": environ["PATH_INFO"] + ("?" + environ["QUERY_STRING"] if environ["QUERY_STRING"] else ""),
        "headers": {name: value for name, value in environ.items() if name.startswith("HTTP_")},
    }
    return [json.dumps(page).encode()]


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Handler(WSGIRequestHandler):
    def log_message(self, *_):
        pass


make_server("127.0.0.1", int(os.environ["PORT"]), forum, Server, Handler).serve_forever()
