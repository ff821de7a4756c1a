"""A small shop with log-in on Flask, its sessions in Redis. ../README.md says what it shows."""

import json
import os
import re
import secrets
import time
from urllib.parse import urlsplit

import redis
from flask import Flask, abort, redirect, render_template, request
from redis.backoff import NoBackoff
from redis.retry import Retry
from werkzeug.middleware.proxy_fix import ProxyFix

APP = "shop"
PRODUCTS = ["apples", "bread", "cheese"]
PASSWORDS = {"ann": "demo", "bob": "demo"}  # in place of your users and the hashes of their passwords
BEHIND_TLS = os.environ.get("BEHIND_TLS") == "1"
COOKIE = "__Host-session" if BEHIND_TLS else "session"
COOKIE_RULES = {"path": "/", "httponly": True, "samesite": "Lax", "secure": BEHIND_TLS}
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'",
}

app = Flask(__name__, template_folder="../pages", static_folder="../static", static_url_path="/static")
if BEHIND_TLS:
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1)  # the proxy tells the visitor's address
# By default redis-py repeats a command whose reply was lost: a second ROTATE finds no session.
once = Retry(NoBackoff(), 0)
store = redis.Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"), decode_responses=True, retry=once)


def run(command, *arguments):
    return store.execute_command(f"SESSIONS.{command}", APP, *arguments)


def current():
    """The session that the cookie names, with its token; None if there is none. Counts as a use."""
    token = request.cookies.get(COOKIE)
    if not token or not (reply := run("GET", token, "JSON")):
        return None
    session = {"token": token, **json.loads(reply)}
    return {**session, "user": session.get("id")}  # an anonymous session has no id


def address():
    return "IP", request.remote_addr[:64]


def login():
    """A log-in ends after two hours without use, and after a week in any case; the sixth device logs out the idlest one."""
    return *address(), "UA", request.user_agent.string, "TTL", 7200, "LIFETIME", 604800, "MAX", 5


def go(path, token=None):
    response = redirect(path, 303)
    if token:
        response.set_cookie(COOKIE, token, **COOKIE_RULES)
    return response


@app.before_request
def refuse_forms_of_other_sites():
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin", "")
    ours = site == "same-origin" if site else urlsplit(origin).netloc == request.host
    if request.method == "POST" and not ours:
        abort(403)


@app.after_request
def add_headers(response):
    response.headers.update(HEADERS)
    return response


@app.get("/")
def shop(wrong=False):
    session = current() or {"user": None, "d": {}}
    return render_template("shop.html", user=session["user"], d=session["d"], products=PRODUCTS, wrong=wrong)


@app.post("/cart")
def add_to_cart():
    item = request.form.get("item")
    if item not in PRODUCTS:
        abort(400)
    session = current()
    new = None if session else run("CREATE", "", "ANON", *address(), "TTL", 1800)
    run("INCR", new or session["token"], item)
    return go("/", new)


@app.post("/login")
def log_in():
    user, password = request.form.get("user", ""), request.form.get("password", "")
    if not secrets.compare_digest(password.encode(), PASSWORDS.get(user, secrets.token_hex()).encode()):
        return shop(wrong=True), 401
    session, token = current(), None
    if session and session["user"] in (None, user):
        token = run("ROTATE", session["token"], "ID", user, *login())  # the cart stays, the old token is dead
    elif session:
        run("KILL", session["token"])  # another user's: nothing of it goes over
    return go("/", token or run("CREATE", user, *login()))


@app.post("/logout")
def log_out():
    if session := current():
        run("KILL", session["token"])
    response = go("/")
    response.delete_cookie(COOKIE, **COOKIE_RULES)
    return response


@app.get("/devices")
def show_devices():
    session = current()
    if not session or not session["user"]:
        return go("/")
    devices = json.loads(run("SOID", session["user"], "LIMIT", 0, 50, "JSON"))
    here, now = session["sid"], int(time.time())
    return render_template("devices.html", user=session["user"], devices=devices, here=here, now=now)


@app.post("/devices/logout")
def log_out_devices():
    sid = request.form.get("sid", "")
    if not re.fullmatch("[0-9a-f]{16}|others", sid):
        abort(400)
    if (session := current()) and session["user"]:
        which = ("EXCEPT", session["token"]) if sid == "others" else ("ONLY", sid)
        run("KILLSOID", session["user"], *which)
    return go("/devices")


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.environ.get("PORT", "8080")))
