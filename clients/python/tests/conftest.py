"""Fixtures that all files share."""

from collections.abc import Iterator
from itertools import count

import pytest
from support.clients import Maker, maker
from support.server import Server, a_cluster, a_server

_apps = count()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server with the module for all tests of a file, which differ by app."""
    with a_server() as started:
        yield started


@pytest.fixture(scope="session")
def cluster() -> Iterator[list[Server]]:
    """A cluster with the module for all tests, which differ by app."""
    with a_cluster() as nodes:
        yield nodes


@pytest.fixture
def app() -> str:
    return f"app{next(_apps)}"


@pytest.fixture
def make(request: pytest.FixtureRequest) -> Iterator[Maker]:
    """Makes sessions by the kind of client that the test is parametrized with."""
    with maker(request.param) as made:
        yield made
