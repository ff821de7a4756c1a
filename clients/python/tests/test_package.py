"""The package as somebody gets it: what the wheel holds and says."""

import os
import subprocess
import sys
import zipfile
from importlib.metadata import metadata, requires, version
from pathlib import Path

import pytest

import sessions_for_redis

PACKAGE = Path(__file__).parents[1]


@pytest.fixture
def wheel() -> zipfile.ZipFile:
    [path] = Path(os.environ["SESSIONS_WHEELS"]).glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_holds_the_package_its_licence_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    source = PACKAGE / "src"
    expected = {str(path.relative_to(source)) for path in source.rglob("*") if path.suffix in (".py", ".typed")}
    info = f"sessions_for_redis-{version('sessions-for-redis')}.dist-info"
    assert {name for name in names if not name.startswith(info)} == expected
    assert "sessions_for_redis/py.typed" in names
    assert f"{info}/licenses/LICENSE" in names


def test_the_tests_run_over_the_wheel_and_not_over_the_source() -> None:
    assert PACKAGE not in Path(sessions_for_redis.__file__).parents


def test_the_metadata_says_what_it_needs() -> None:
    said = metadata("sessions-for-redis")
    assert said["Requires-Python"] == ">=3.10"
    assert said["License-Expression"] == "MIT"
    assert [line for line in requires("sessions-for-redis") or [] if "extra" not in line] == ["redis>=6"]
    assert set(said.get_all("Provides-Extra") or []) >= {"django", "flask", "starlette"}


def test_the_core_needs_no_framework() -> None:
    program = (
        "import sys, sessions_for_redis\n"
        "assert not {'django', 'flask', 'starlette'} & set(sys.modules), 'a framework was loaded'\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)
