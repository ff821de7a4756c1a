"""Django and Flask on PORT of 127.0.0.1, FastAPI on ASGI_PORT: three sites that share the cookie
`sid`.

REDIS_SOCKET is the server's socket, SECRETS a JSON list, FOLDER a place for Django's database.
"""

import json
import os
import threading

import django
import fastapi
import flask
import flask_login
import redis
import redis.asyncio
import uvicorn
from django.conf import settings
from django.contrib import auth
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path
from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import run_simple

from sessions_for_redis.flask import SessionsInterface
from sessions_for_redis.starlette import SessionsMiddleware, SessionsStore

address = f"unix://{os.environ['REDIS_SOCKET']}"
secrets = json.loads(os.environ["SECRETS"])

# --- Django ---

SESSION_ENGINE = "sessions_for_redis.django"
SESSIONS_URL = address
SESSIONS_APP = "webapp"
SESSIONS_COOKIE = "signed"
SESSIONS_SECRETS = secrets
SESSIONS_SLIDING = True
SESSION_COOKIE_NAME = "sid"
SESSION_COOKIE_AGE = 86400
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "sessions_for_redis.django"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
# The tables are made without the steps of migrations, and no password is checked.
MIGRATION_MODULES = {"auth": None, "contenttypes": None}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.path.join(os.environ["FOLDER"], "django.sqlite3"),
        "OPTIONS": {"timeout": 60},
    }
}


def django_read(request):
    return JsonResponse(dict(request.session))


def django_set(request):
    request.session.update(json.loads(request.GET["data"]))
    return JsonResponse(dict(request.session))


def django_login(request):
    number = request.GET["user"]
    user, _ = auth.get_user_model().objects.get_or_create(pk=number, defaults={"username": f"user{number}"})
    auth.login(request, user)
    return JsonResponse(dict(request.session))


def django_me(request):
    return JsonResponse({"user": str(request.user.pk or "")})


def django_logout(request):
    auth.logout(request)
    return JsonResponse({})


def django_renew(request):
    request.session.cycle_key()
    return JsonResponse({})


def django_others(request):
    return JsonResponse({"ended": request.session.end_others()})


class Urls:
    urlpatterns = [
        path("read", django_read),
        path("set", django_set),
        path("login", django_login),
        path("me", django_me),
        path("logout", django_logout),
        path("renew", django_renew),
        path("others", django_others),
    ]


def on_django():
    named = {name: value for name, value in globals().items() if name.isupper()}
    settings.configure(SECRET_KEY="tests", ALLOWED_HOSTS=["*"], ROOT_URLCONF=Urls, **named)
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    return get_wsgi_application()


# --- Flask ---


class User(flask_login.UserMixin):
    def __init__(self, id):
        self.id = id


def on_flask():
    app = Flask(__name__)
    app.secret_key = "for Flask-Login"
    app.config["SESSION_COOKIE_NAME"] = "sid"
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    sessions = app.session_interface = SessionsInterface(
        redis.Redis.from_url(address), app="webapp", cookie="signed", secrets=secrets, ttl=86400
    )
    flask_login.LoginManager(app).user_loader(User)

    @app.get("/read")
    def read():
        return dict(flask.session)

    @app.get("/set")
    def change():
        flask.session.update(json.loads(flask.request.args["data"]))
        return dict(flask.session)

    @app.get("/login")
    def login():
        flask_login.login_user(User(flask.request.args["user"]))
        return dict(flask.session)

    @app.get("/me")
    def me():
        return {"user": flask_login.current_user.get_id() or ""}

    @app.get("/logout")
    def logout():
        flask.session.clear()
        return {}

    @app.get("/renew")
    def renew():
        sessions.renew()
        return {}

    @app.get("/others")
    def others():
        return {"ended": sessions.end_others()}

    return app


# --- FastAPI ---


def on_fastapi():
    store = SessionsStore(
        redis.asyncio.Redis.from_url(address),
        app="webapp",
        cookie="signed",
        secrets=secrets,
        ttl=86400,
        id=lambda session: session.get("user"),
    )
    app = fastapi.FastAPI()
    app.add_middleware(SessionsMiddleware, store=store, session_cookie="sid")

    @app.get("/read")
    async def read(request: fastapi.Request):
        return dict(request.session)

    @app.get("/set")
    async def change(request: fastapi.Request, data: str):
        request.session.update(json.loads(data))
        return dict(request.session)

    @app.get("/login")
    async def login(request: fastapi.Request, user: str):
        request.session["user"] = user
        return dict(request.session)

    @app.get("/me")
    async def me(request: fastapi.Request):
        return {"user": request.session.get("user", "")}

    @app.get("/logout")
    async def logout(request: fastapi.Request):
        request.session.clear()
        return {}

    @app.get("/renew")
    async def renew(request: fastapi.Request):
        await store.renew(request)
        return {}

    @app.get("/others")
    async def others(request: fastapi.Request):
        return {"ended": await store.end_others(request)}

    return app


def main():
    port, asgi_port = int(os.environ["PORT"]), int(os.environ["ASGI_PORT"])
    server = uvicorn.Server(uvicorn.Config(on_fastapi, factory=True, port=asgi_port, log_level="warning"))
    threading.Thread(target=server.run, daemon=True).start()
    sites = {"/django": on_django(), "/flask": on_flask()}
    run_simple("127.0.0.1", port, DispatcherMiddleware(None, sites), threaded=True)


if __name__ == "__main__":
    main()
