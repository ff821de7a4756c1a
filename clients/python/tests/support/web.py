"""Real HTTP servers for a WSGI or ASGI application, and browsers that keep cookies."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from socketserver import ThreadingMixIn
from typing import Any, NamedTuple
from urllib.parse import urlencode
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import uvicorn

from .server import until


class _ThreadingServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def a_wsgi_server(application: Any) -> Iterator[int]:
    """Yields the port."""
    server = _ThreadingServer(("127.0.0.1", 0), _Quiet)
    server.set_app(application)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def an_asgi_server(application: Any) -> Iterator[int]:
    """Yields the port."""
    server = uvicorn.Server(uvicorn.Config(application, port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        until("the ASGI server is up", lambda: server.started)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


class Reply(NamedTuple):
    status: int
    body: str
    set_cookies: SimpleCookie


class Browser:
    """Keeps cookies as a browser does: one that ends at once is removed."""

    def __init__(self, port: int, ua: str = "test") -> None:
        self._port = port
        self._ua = ua
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **arguments: str) -> Reply:
        return self._ask("GET", f"{path}?{urlencode(arguments)}" if arguments else path)

    def _ask(self, method: str, path: str) -> Reply:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=60)
        headers = {"User-Agent": self._ua}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            body = response.read().decode()
        finally:
            connection.close()
        cookies: SimpleCookie = SimpleCookie()
        for header in response.headers.get_all("Set-Cookie", []):
            cookies.load(header)
        for name, morsel in cookies.items():
            if morsel.value == "" or morsel["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value
        return Reply(response.status, body, cookies)
