// A shop on Express with passport's log-in: a cart, a page of devices, "log out the others". PORT
// is its port on 127.0.0.1, REDIS_SOCKET the server's socket.
"use strict";
const express = require("express");
const session = require("express-session");
const { Passport } = require("passport");
const { Strategy } = require("passport-local");
const { createClient } = require("redis");
const { SessionsStore } = require("sessions-for-redis/express");

const escaped = (text) => String(text).replace(/[&<>"]/g, (it) => `&#${it.charCodeAt(0)};`);

const page = (title, user, main) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${title}</title><link rel="icon" href="data:,">
<header>${user ? `${escaped(user)} <a href="/devices">My devices</a>` : "Nobody is logged in"}</header>
<main><h1>${title}</h1>${main}</main></html>`;

const button = (action, text) => `<form method="post" action="${action}"><button>${text}</button></form>`;

const LOG_IN = `<form method="post" action="/login"><label>Name <input name="username"></label>
<label>Password <input name="password" type="password"></label><button>Log in</button></form>`;

async function main() {
  const redis = createClient({ socket: { path: process.env.REDIS_SOCKET } });
  redis.on("error", console.error);
  await redis.connect();
  const store = new SessionsStore({ client: redis, app: "shop" });

  const users = new Passport();
  users.use(new Strategy((name, password, done) => done(null, password === "demo" && { name })));
  users.serializeUser(({ name }, done) => done(null, name));
  users.deserializeUser((name, done) => done(null, { name }));

  const app = express();
  app.use(session({
    store, secret: "the secret of a shop", resave: false, saveUninitialized: false, cookie: { sameSite: "lax" } }));
  app.use(users.session(), express.urlencoded({ extended: false }));

  app.get("/", (req, res) => {
    const { cart = {} } = req.session;
    const items = Object.entries(cart).map(([item, count]) => `<li>${count} × ${escaped(item)}</li>`);
    const list = `<ul>${items.join("") || "<li>nothing yet</li>"}</ul>${button("/cart", "Add bread")}`;
    res.send(page("Your cart", req.user?.name, list + (req.user ? button("/logout", "Log out") : LOG_IN)));
  });
  app.post("/cart", (req, res, next) => {
    const { cart = {} } = req.session;
    req.session.cart = { ...cart, bread: (cart.bread ?? 0) + 1 };
    req.session.save((error) => (error ? next(error) : res.redirect(303, "/")));
  });
  app.post("/login", users.authenticate("local", { keepSessionInfo: true, failureRedirect: "/" }),
    (_req, res) => res.redirect(303, "/"));
  app.post("/logout", (req, res, next) => req.logout((error) => (error ? next(error) : res.redirect(303, "/"))));

  app.use("/devices", (req, res, next) => (req.user ? next() : res.redirect(303, "/")));
  app.get("/devices", async (req, res) => {
    const devices = await store.sessionsOf(req.user.name);
    const rows = devices.map(({ sid, ua = "", ip = "" }) => `<tr><td>${escaped(ua)}<td>${escaped(ip)}
<td>${sid === store.sidOf(req) ? "this device" : button(`/devices/${sid}`, "Log out this one")}</tr>`);
    const table = `<table><tbody>${rows.join("")}</tbody></table>${button("/devices", "Log out the others")}`;
    res.send(page("Devices", req.user.name, table));
  });
  app.post("/devices", async (req, res) => {
    await store.endOthers(req);
    res.redirect(303, "/devices");
  });
  app.post("/devices/:sid", async (req, res) => {
    await store.endAll(req.user.name, { only: req.params.sid });
    res.redirect(303, "/devices");
  });
  app.listen(Number(process.env.PORT), "127.0.0.1");
}

main();
