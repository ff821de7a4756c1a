"""One cookie for the parts of a site: Flask, Starlette and the HTTP service read the same session,
in each form.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
import redis
from support import flask_site, starlette_site
from support.server import Server, free_ports, until

from sessions_for_redis import Session, Sessions
from sessions_for_redis._cookies import form
from sessions_for_redis.flask import SessionsInterface
from sessions_for_redis.starlette import SessionsStore

SERVICE = os.environ.get("SESSIONS_HTTP", str(Path(__file__).parents[3] / "target/debug/sessions-http"))
FORMS: list[dict[str, Any]] = [
    {"cookie": "token"},
    {"cookie": "sha256"},
    {"cookie": "signed", "secrets": ["the newer secret", "the older secret"]},
]


@contextmanager
def a_service(server: Server, folder: Path, app: str, options: dict[str, Any]) -> Iterator[httpx.Client]:
    [port] = free_ports(1)
    lines = [f'listen = ["127.0.0.1:{port}"]', "no-auth = true", f'[redis]\nurl = ["unix://{server.path}"]']
    lines += [f"[apps.{app}]", 'cookie = "session"', f'form = "{options["cookie"]}"']
    if "secrets" in options:
        # In the other order: the service takes what each of them has signed.
        (folder / "secrets").write_text("\n".join(reversed(options["secrets"])))
        lines.append(f"secret-file = {json.dumps(str(folder / 'secrets'))}")
    lines.append('headers = { X-Session-Cart = "cart" }')
    (folder / "sessions-http.toml").write_text("\n".join(lines))
    with open(folder / "service.log", "wb") as log:
        service = subprocess.Popen(
            [SERVICE, "--config", str(folder / "sessions-http.toml")], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:

            def is_up() -> bool:
                assert service.poll() is None, (folder / "service.log").read_text()
                try:
                    return client.get("/readyz").status_code == 200
                except httpx.TransportError:
                    return False

            until("the service is ready", is_up)
            yield client
    finally:
        service.kill()
        service.wait()


@pytest.mark.parametrize("options", FORMS, ids=lambda options: options["cookie"])
def test_a_session_of_each_part_of_a_site_is_that_of_the_others(
    server: Server, app: str, tmp_path: Path, options: dict[str, Any]
) -> None:
    waiting = redis.Redis(unix_socket_path=server.path)
    sessions = Sessions(waiting, app=app)
    on_flask = flask_site.a_site(SessionsInterface(waiting, app=app, **options))

    def stored(cookie: str | None) -> Session | None:
        token = form(options["cookie"], options.get("secrets", ())).token(cookie or "")
        return sessions.peek(token or "")

    async def run(client: Any) -> None:
        store = SessionsStore(client, app=app, id=lambda data: data.get("_user_id"), **options)
        on_starlette = starlette_site.a_site(middleware=starlette_site.with_store(store))

        def told(cookie: str | None) -> tuple[int, str | None, str | None]:
            """What the HTTP service tells a gateway of the cookie."""
            reply = service.get(f"/auth/{app}", headers={"Cookie": f"session={cookie}"})
            return reply.status_code, reply.headers.get("X-Session-User"), reply.headers.get("X-Session-Cart")

        browser = flask_site.Browser(on_flask)
        browser.post("/set", {"cart": 3})
        assert told(browser.cookie) == (200, "", "3")
        browser.post("/login/ann")
        assert told(browser.cookie) == (200, "ann", "3")
        same = starlette_site.Browser(on_starlette, browser.cookie)
        assert (await same.read())["_user_id"] == "ann"
        await same.post("/set", {"cart": 4})
        assert same.cookie == browser.cookie
        assert browser.read()["cart"] == 4
        assert told(browser.cookie) == (200, "ann", "4")
        session = stored(browser.cookie)
        assert session is not None
        assert session.id == "ann"

        visitor = starlette_site.Browser(on_starlette)
        await visitor.post("/set", {"cart": 1, "_user_id": "bob"})
        assert told(visitor.cookie) == (200, "bob", "1")
        assert flask_site.Browser(on_flask, visitor.cookie).get("/me").json == {"name": "bob"}
        await visitor.post("/clear")
        assert visitor.cookie is None
        browser.post("/clear")
        assert told(session.token) == (401, None, None)
        assert sessions.count() == 0

    with a_service(server, tmp_path, app, options) as service:
        starlette_site.in_a_loop(server.path, run)
    waiting.close()
