"""The examples of README.md and of docs/python.md, as they stand there."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flask_login
import pytest
import redis
import redis.asyncio
from starlette.testclient import TestClient
from support.server import Server

PACKAGE = Path(__file__).parents[1]
README = PACKAGE / "README.md"
DOCS = PACKAGE.parents[1] / "docs" / "python.md"


def example(page: Path, word: str) -> str:
    """The one example of a page that holds the word."""
    blocks = re.findall(r"^```python\n(.*?)^```", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    [found] = [block for block in blocks if word in block]
    return str(found)


@pytest.fixture
def play(server: Server) -> "Play":
    """Runs an example with the server of the tests instead of the one on port 6379."""

    def run(text: str) -> dict[str, Any]:
        names: dict[str, Any] = {"__name__": "shop"}
        with pytest.MonkeyPatch.context() as patch:
            for library in (redis, redis.asyncio):
                patch.setattr(library, "Redis", connected(library.Redis, server))
            exec(compile(text, "example", "exec"), names)
        return names

    return run


def connected(kind: Any, server: Server) -> Any:
    """The class of a client, whose clients connect to the server of the tests."""

    class Here(kind):  # type: ignore[misc]
        def __init__(self, **options: Any) -> None:
            super().__init__(unix_socket_path=server.path, **options)

    return Here


Play = Callable[[str], dict[str, Any]]


def test_the_readmes_first_example_prints_what_it_says(
    play: Play, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    play(example(README, "print(session.id"))
    assert capsys.readouterr().out == "u1 3\n"


def test_the_readmes_flask_site_serves(play: Play) -> None:
    site = play(example(README, "@login_required"))["app"]
    site.secret_key = "for Flask-Login"
    flask_login.LoginManager(site).user_loader(flask_login.UserMixin)
    assert site.test_client().get("/devices").status_code == 401


def test_the_flask_site_of_the_docs_logs_in_and_ends_other_devices(play: Play) -> None:
    made = play(example(DOCS, "flask --app shop run"))
    browsers = [made["app"].test_client() for _ in range(2)]
    for browser in browsers:
        assert browser.get("/").json == {"visits": 1, "user": None}
        browser.post("/login/ann")
        assert browser.get("/").json == {"visits": 2, "user": "ann"}
    assert browsers[0].post("/logout-others").json == {"ended": 1}
    assert browsers[1].get("/").json == {"visits": 1, "user": None}


def test_the_fastapi_site_of_the_docs_logs_in_and_ends_other_devices(play: Play) -> None:
    made = play(example(DOCS, "uvicorn shop:app"))
    # One event loop for both browsers, as in uvicorn.
    with TestClient(made["app"]) as first:
        second = TestClient(made["app"])
        second.portal = first.portal
        for browser in (first, second):
            assert browser.get("/").json() == {"visits": 1}
            browser.post("/login/eve")
            assert browser.get("/").json() == {"visits": 2, "user": "eve"}
        assert first.post("/logout-others").json() == {"ended": 1}
        assert second.get("/").json() == {"visits": 1}


def test_the_readmes_fastapi_site_lists_the_devices(play: Play) -> None:
    made = play(example(README, "async def logout_others"))
    with TestClient(made["app"], base_url="https://shop") as browser:
        browser.post("/login", params={"name": "bob"})
        [device] = browser.get("/devices").json()
        assert (device["id"], device["token"]) == ("bob", None)
        assert browser.post("/devices/logout-others").json() == 0
