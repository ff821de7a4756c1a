"""A small shop with log-in on Flask that keeps its sessions in Redis. See ../README.md."""

import os
import re
import secrets
import time
from dataclasses import replace
from urllib.parse import urlsplit

import redis
from flask import Flask, abort, redirect, render_template, request
from redis.backoff import NoBackoff
from redis.retry import Retry
from sessions_for_redis import Sessions
from werkzeug.middleware.proxy_fix import ProxyFix

PRODUCTS = ["apples", "bread", "cheese"]
# Instead of your users and the hashes of their passwords.
PASSWORDS = {"ann": "demo", "bob": "demo"}
BEHIND_TLS = os.environ.get("BEHIND_TLS") == "1"
COOKIE = "__Host-session" if BEHIND_TLS else "session"
COOKIE_RULES = {"path": "/", "httponly": True, "samesite": "Lax", "secure": BEHIND_TLS}
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'",
}

app = Flask(__name__, template_folder="../pages", static_folder="../static", static_url_path="/static")
if BEHIND_TLS:
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1)  # the proxy sends the client's address
# By default redis-py repeats a command whose reply was lost: a second ROTATE finds no session.
once = Retry(NoBackoff(), 0)
client = redis.Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"), retry=once)
sessions = Sessions(client, app="shop")
# A log-in ends after two hours without use, and after a week even if it is used. The log-in on a
# sixth device ends the session that was least recently used.
RULES = {"ttl": 7200, "lifetime": 604800, "max": 5}


def current():
    """The session that the cookie names, with its token, or None. Reading it counts as a use."""
    token = request.cookies.get(COOKIE)
    session = sessions.get(token) if token else None
    return session and replace(session, token=token)


def address():
    return request.remote_addr[:64]


def login():
    return {"ip": address(), "ua": request.user_agent.string, **RULES}


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
    session = current()
    user, data = (session.id, session.d) if session else (None, {})
    return render_template("shop.html", user=user, d=data, products=PRODUCTS, wrong=wrong)


@app.post("/cart")
def add_to_cart():
    item = request.form.get("item")
    if item not in PRODUCTS:
        abort(400)
    session = current()
    new = None if session else sessions.create(None, ip=address(), ttl=1800)
    sessions.incr(new or session.token, item)
    return go("/", new)


@app.post("/login")
def log_in():
    user, password = request.form.get("user", ""), request.form.get("password", "")
    if not secrets.compare_digest(password.encode(), PASSWORDS.get(user, secrets.token_hex()).encode()):
        return shop(wrong=True), 401
    session, token = current(), None
    if session and session.id in (None, user):
        # The session keeps the cart and gets a new token; the old token is no longer valid.
        token = sessions.rotate(session.token, id=user, **login())
    elif session:
        # The session belongs to another user, and none of its data may be kept.
        sessions.kill(session.token)
    return go("/", token or sessions.create(user, **login()))


@app.post("/logout")
def log_out():
    if session := current():
        sessions.kill(session.token)
    response = go("/")
    response.delete_cookie(COOKIE, **COOKIE_RULES)
    return response


@app.get("/devices")
def show_devices():
    session = current()
    if not session or not session.id:
        return go("/")
    devices, now = sessions.soid(session.id, limit=50, no_data=True), int(time.time())
    return render_template("devices.html", user=session.id, devices=devices, here=session.sid, now=now)


@app.post("/devices/logout")
def log_out_devices():
    sid = request.form.get("sid", "")
    if not re.fullmatch("[0-9a-f]{16}|others", sid):
        abort(400)
    if (session := current()) and session.id:
        which = {"except_": session.token} if sid == "others" else {"only": sid}
        sessions.kill_soid(session.id, **which)
    return go("/devices")


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.environ.get("PORT", "8080")))
