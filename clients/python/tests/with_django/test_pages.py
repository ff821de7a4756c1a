"""The example of docs/python.md: a project as django-admin makes it, with the files of the page."""

import os
import subprocess
import sys
from pathlib import Path

from support.server import Server
from test_pages import DOCS, example

BROWSERS = """
from django.contrib.auth.models import User
from django.test import Client

User.objects.create_superuser("ann", password="secret")
browsers = [Client(), Client()]
for browser in browsers:
    assert browser.get("/").json() == {"visits": 1, "user": ""}
    browser.post("/admin/login/", {"username": "ann", "password": "secret", "next": "/"})
    assert browser.get("/").json() == {"visits": 2, "user": "ann"}
assert len(browsers[0].get("/devices/").json()) == 1
assert browsers[0].post("/logout-others/").json() == {"ended": 1}
assert browsers[1].get("/").json() == {"visits": 1, "user": ""}
print("all of it")
"""


def run(folder: Path, *words: str) -> str:
    path = os.pathsep.join(sys.path)
    environment = {**os.environ, "PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": "shop.settings"}
    command = [sys.executable, "-W", "ignore", "-m", "django", *words]
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_the_django_site_of_the_docs_logs_in_and_ends_other_devices(server: Server, tmp_path: Path) -> None:
    run(tmp_path, "startproject", "shop", ".", "--settings", "django.conf.global_settings")
    settings = example(DOCS, "# shop/settings.py").replace("redis://127.0.0.1:6379/0", f"unix://{server.path}")
    with (tmp_path / "shop/settings.py").open("a") as file:
        file.write(settings + 'ALLOWED_HOSTS = ["*"]\n')
    (tmp_path / "shop/urls.py").write_text(example(DOCS, "# shop/urls.py"))
    assert "no issues" in run(tmp_path, "check")
    run(tmp_path, "migrate")
    assert run(tmp_path, "shell", "-v", "0", "-c", BROWSERS) == "all of it\n"
