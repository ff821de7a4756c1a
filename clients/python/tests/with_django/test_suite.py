"""Django's own tests of sessions, unedited from its source distribution, over this package on a
real server.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.server import Server

#: The folder of Django's tests, of the version that is installed.
FOLDER = os.environ.get("SESSIONS_DJANGO_TESTS")
# 65 of SessionTestsMixin for each of seven classes, 11 of the middleware, 1 of clearsessions, 13 of
# the base class.
EXPECTED = 7 * 65 + 11 + 1 + 13


@pytest.mark.skipif(not FOLDER and not os.environ.get("SESSIONS_NO_SKIP"), reason="Django's source distribution")
def test_djangos_own_tests_pass(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    assert FOLDER, "SESSIONS_DJANGO_TESTS must name the tests of Django's source distribution"
    assert (Path(FOLDER) / "sessions_tests/tests.py").is_file()
    path = os.pathsep.join([str(Path(__file__).parents[1]), FOLDER, *sys.path])
    words = [sys.executable, "-m", "django", "test", "with_django.suite", "--settings", "with_django.suite.settings"]
    ran = subprocess.run(
        words,
        env={**os.environ, "PYTHONPATH": path, "SESSIONS_SUITE_URL": f"unix://{server.path}"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    counts = [line for line in ran.stderr.splitlines() if line.startswith("suite: ")]
    with capfd.disabled():
        sys.stdout.write("\n".join(["", *counts, ""]))
    assert ran.returncode == 0, ran.stderr
    found = re.search(r"^Ran (\d+) tests", ran.stderr, re.MULTILINE)
    assert found
    assert int(found[1]) == EXPECTED, ran.stderr
    assert "skipped" not in ran.stderr.splitlines()[-2]
