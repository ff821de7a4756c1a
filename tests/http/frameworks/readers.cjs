// Three sites in one program that share the cookie `sid`: the path begins with /express, /fastify
// or /koa. PORT is its port on 127.0.0.1, REDIS_SOCKET the server's socket, SECRETS a JSON list.
"use strict";
const http = require("node:http");
const fastifyCookie = require("@fastify/cookie");
const fastifySession = require("@fastify/session");
const express = require("express");
const expressSession = require("express-session");
const fastify = require("fastify");
const Koa = require("koa");
const koaSession = require("koa-session");
const { createClient } = require("redis");

const secret = JSON.parse(process.env.SECRETS);

// The session's data in each framework, without the framework's own keys.
function seen(session) {
  const { cookie, _session, ...data } = JSON.parse(JSON.stringify(session ?? {}));
  return data;
}

const user = (session) => ({ user: session.passport?.user ?? "" });

// What /set is to store: JSON in `data`, or texts.
const changes = ({ data, ...texts }) => (data === undefined ? texts : JSON.parse(data));

function onExpress(client) {
  const { SessionsStore } = require("sessions-for-redis/express");
  const store = new SessionsStore({ client, app: "webapp", ttl: 86400 });
  const app = express();
  const cookie = { sameSite: "lax" };
  app.use(expressSession({ store, secret, name: "sid", cookie, resave: false, saveUninitialized: false }));
  app.get("/set", (req, res) => res.json(seen(Object.assign(req.session, changes(req.query)))));
  app.get("/login", (req, res, next) => {
    const kept = seen(req.session);
    req.session.regenerate((error) => {
      if (error) return next(error);
      Object.assign(req.session, kept, { passport: { user: req.query.user } });
      res.json(seen(req.session));
    });
  });
  app.get("/logout", (req, res, next) => req.session.destroy((error) => (error ? next(error) : res.json({}))));
  app.get("/read", (req, res) => res.json(seen(req.session)));
  app.get("/me", (req, res) => res.json(user(req.session)));
  app.get("/others", async (req, res) => res.json({ ended: await store.endOthers(req) }));
  return app;
}

async function onFastify(client) {
  const { SessionsStore } = require("sessions-for-redis/fastify");
  const store = new SessionsStore({ client, app: "webapp", ttl: 86400 });
  const app = fastify();
  app.register(fastifyCookie);
  const cookie = { sameSite: "lax", secure: false };
  app.register(fastifySession, { store, secret, cookieName: "sid", cookiePrefix: "s:", cookie, saveUninitialized: false });
  app.get("/set", async ({ session, query }) => seen(Object.assign(session, changes(query))));
  app.get("/login", async (request) => {
    await request.session.regenerate(Object.keys(seen(request.session)));
    request.session.set("passport", { user: request.query.user });
    return seen(request.session);
  });
  app.get("/logout", async ({ session }) => {
    await session.destroy();
    return {};
  });
  app.get("/read", async ({ session }) => seen(session));
  app.get("/me", async ({ session }) => user(session));
  app.get("/others", async (request) => ({ ended: await store.endOthers(request) }));
  await app.ready();
  return app.routing;
}

function onKoa(client) {
  const { SessionsStore, signedCookie } = require("sessions-for-redis/koa");
  const store = new SessionsStore({ client, app: "webapp", ttl: 86400 });
  const app = new Koa();
  const session = koaSession.default ?? koaSession.createSession ?? koaSession;
  app.use(session({ store, ...signedCookie("sid", secret, { maxAge: "session", sameSite: "lax" }) }, app));
  app.use(async (ctx) => {
    if (ctx.path === "/set") Object.assign(ctx.session, changes(ctx.query));
    if (ctx.path === "/login") {
      ctx.session.passport = { user: ctx.query.user };
      await ctx.session.regenerate();
    }
    if (ctx.path === "/logout") ctx.session = null;
    ctx.body = seen(ctx.session);
    if (ctx.path === "/me") ctx.body = user(ctx.session);
    if (ctx.path === "/others") ctx.body = { ended: await store.endOthers(ctx) };
  });
  return app.callback();
}

async function main() {
  const client = createClient({ socket: { path: process.env.REDIS_SOCKET } });
  client.on("error", console.error);
  await client.connect();
  const sites = { express: onExpress(client), fastify: await onFastify(client), koa: onKoa(client) };
  const server = http.createServer((request, response) => {
    const [, name, rest] = /^\/(\w+)(.*)$/.exec(request.url);
    request.url = rest;
    sites[name](request, response);
  });
  server.listen(Number(process.env.PORT), "127.0.0.1");
}

main();
