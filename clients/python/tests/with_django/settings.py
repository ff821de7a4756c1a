"""The site of the tests.

Where the server is and the name of the app differ from test to test: see conftest.py.
"""

SECRET_KEY = "tests"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
ROOT_URLCONF = "with_django.urls"
WSGI_APPLICATION = None
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# conftest.py names the file.
_OPTIONS = {"timeout": 60, "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF"}
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "", "OPTIONS": _OPTIONS}}
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "sessions_for_redis.django",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
# Messages of the admin site go into the session.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
STATIC_URL = "/static/"

SESSION_ENGINE = "sessions_for_redis.django"
SESSIONS_APP = "tests"
SESSIONS_URL = "redis://127.0.0.1:1/0"
