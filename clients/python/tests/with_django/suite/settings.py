"""What Django's tests require, and this package as the engine."""

import os

SECRET_KEY = "suite"
USE_TZ = False
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "sessions_for_redis.django",
    "sessions_tests",
]
SESSION_ENGINE = "sessions_for_redis.django"
SESSIONS_APP = "suite"
SESSIONS_URL = os.environ["SESSIONS_SUITE_URL"]
