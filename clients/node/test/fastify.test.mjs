// @fastify/session over this store, alone and together with express-session under one cookie.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { after, before, describe, it } from "node:test";
import fastifyCookie from "@fastify/cookie";
import fastifySession from "@fastify/session";
import express from "express";
import expressSession from "express-session";
import fastify from "fastify";
import { createClient } from "redis";
import { SessionsStore as ExpressStore } from "sessions-for-redis/express";
import { SessionsStore } from "sessions-for-redis/fastify";
import { startServer } from "./support/server.mjs";
import { Browser, listen } from "./support/site.mjs";

const SECRET = "a secret that has the length of 32 or more";
const token = (browser) => {
  const value = decodeURIComponent(Object.values(browser.cookies)[0]).replace(/^s:/, "");
  return createHash("sha256").update(value.split(".")[0]).digest("hex");
};
const warnings = [];
process.on("warning", ({ name, code }) => name === "SessionsWarning" && warnings.push(code));
let apps = 0;

describe("@fastify/session", () => {
  let client;
  before(async () => {
    const server = await startServer();
    client = createClient({ socket: { path: server.path } });
    client.on("error", () => {}); // The server goes at the end of the file.
    await client.connect();
  });
  after(() => client.destroy());

  const newStore = (options) => new SessionsStore({ client, app: `app${apps++}`, ...options });

  async function site(t, store, options = {}) {
    const app = fastify();
    const gates = new EventEmitter();
    app.register(fastifyCookie);
    app.register(fastifySession, { secret: SECRET, store, cookie: { secure: false }, ...options });
    const data = ({ session }) => JSON.parse(JSON.stringify({ ...session, cookie: undefined }));
    const change = (request) => {
      const { held: _held, ...query } = request.query;
      for (const [name, value] of Object.entries(query)) request.session.set(name, JSON.parse(value));
      return data(request);
    };
    app.get("/read", async (request) => data(request));
    app.get("/cookie", async ({ session }) => session.cookie);
    app.get("/set", async (request) => change(request));
    app.get("/slow", async (request) => {
      gates.emit(`${request.query.held} arrived`);
      await once(gates, `${request.query.held} go`);
      return change(request);
    });
    app.get("/login", async (request) => {
      await request.session.regenerate(["cart"]);
      request.session.set("passport", { user: request.query.user });
      return data(request);
    });
    app.get("/logout", async ({ session }) => {
      await session.destroy();
      return null;
    });
    app.get("/others", async (request) => store.endOthers(request));
    await app.listen({ port: 0, host: "127.0.0.1" });
    t.after(() => app.close());
    const address = `http://127.0.0.1:${app.server.address().port}`;
    return { gates, browser: () => new Browser(address) };
  }

  async function hold({ gates }, browser, name, query) {
    const arrived = once(gates, `${name} arrived`);
    const response = browser.get(`/slow?held=${name}&${query}`);
    await arrived;
    return () => {
      gates.emit(`${name} go`);
      return response;
    };
  }

  it("sessions are kept, and two requests at once lose nothing", async (t) => {
    const store = newStore();
    const shop = await site(t, store, { cookie: { secure: false, maxAge: 60_000 } });
    const browser = shop.browser();
    await browser.get("/set?user=1");
    const one = await hold(shop, browser, "one", "a=1");
    const two = await hold(shop, browser, "two", "b=2");
    await one();
    await two();
    assert.deepEqual(await browser.json("/read"), { user: 1, a: 1, b: 2 });
    const { d, ttl } = await store.sessions.peek(token(browser));
    assert.equal(ttl, 60);
    assert.deepEqual(
      [d.cookie.originalMaxAge, d.cookie.expires, d.cookie.originalExpires],
      [60_000, undefined, undefined],
    );
    assert.equal("_loaded" in d, false);
  });

  it("rolling writes nothing while nothing changes, and no stale end logs anybody out", async (t) => {
    const store = newStore();
    const shop = await site(t, store, { cookie: { secure: false, maxAge: 60_000 } });
    const browser = shop.browser();
    await browser.get("/set?a=1");
    const { w } = await store.sessions.peek(token(browser));
    for (let n = 0; n < 5; n++) {
      const cookie = await browser.json("/cookie");
      assert.ok(new Date(cookie.expires) - Date.now() > 50_000);
    }
    const found = await store.sessions.peek(token(browser));
    assert.deepEqual([found.w, found.ttl], [w, 60]);
  });

  it("an ended session stays ended", async (t) => {
    const store = newStore();
    const shop = await site(t, store);
    const browser = shop.browser();
    await browser.get("/set?a=1");
    const slow = await hold(shop, browser, "slow", "b=1");
    await browser.get("/logout");
    const ended = once(store, "ended");
    assert.equal((await slow()).status, 200);
    await ended;
    assert.equal(await store.length(), 0);
  });

  it("a log-in keeps what it names under a new id, and the user's sessions are listed and ended", async (t) => {
    const store = newStore();
    const shop = await site(t, store, { saveUninitialized: false });
    const browsers = [shop.browser(), shop.browser()];
    for (const browser of browsers) {
      await browser.get("/set?cart=1");
      const old = token(browser);
      await browser.get("/login?user=ann");
      assert.notEqual(token(browser), old);
      assert.equal(await store.sessions.exists(old), false);
    }
    assert.equal((await store.sessionsOf("ann")).length, 2);
    assert.equal(await browsers[0].json("/others"), 1);
    assert.deepEqual(await browsers[1].json("/read"), {});
    assert.deepEqual(await browsers[0].json("/read"), { cart: 1, passport: { user: "ann" } });
    assert.equal(await store.endAll("ann"), 1);
    assert.deepEqual([await store.all(), await store.ids()], [[], []]);
    assert.ok(
      !warnings.includes("SESSIONS_FIXATION"),
      "regenerate has stored the session under its new id already",
    );
  });

  it("any other object is stored without condition", async () => {
    const store = newStore();
    await store.set("sid", { cookie: {}, a: 1 });
    await store.set("sid", { cookie: {}, a: 2 });
    assert.equal((await store.get("sid")).a, 2);
    // What was read under one id and is stored under another is another session.
    await store.set("other", await store.get("sid"));
    assert.equal(await store.length(), 2);
    await new Promise((resolve) => store.destroy("sid", resolve));
    await store.clear();
    assert.equal(await store.length(), 0);
  });

  it("a session of express-session goes on here by its own cookie, and the reverse", async (t) => {
    const app = `app${apps++}`;
    const shop = express();
    const store = new ExpressStore({ client, app });
    const cookie = { maxAge: 60_000 };
    shop.use(expressSession({ secret: SECRET, resave: false, saveUninitialized: false, store, cookie }));
    shop.get("/set", (req, res) => {
      for (const [name, value] of Object.entries(req.query)) req.session[name] = JSON.parse(value);
      res.json(null);
    });
    shop.get("/read", (req, res) => res.json({ ...req.session, cookie: undefined }));
    const one = new Browser(await listen(t, shop));
    const options = {
      cookieName: "connect.sid",
      cookiePrefix: "s:",
      cookie: { secure: false, maxAge: 60_000 },
    };
    const other = (await site(t, new SessionsStore({ client, app }), options)).browser();
    for (const [from, to] of [
      [one, other],
      [other, one],
    ]) {
      await from.get("/set?a=1");
      to.setCookie("connect.sid", from.cookies["connect.sid"]);
      await to.get("/set?b=2");
      assert.deepEqual(await to.json("/read"), { a: 1, b: 2 });
      assert.deepEqual(await from.json("/read"), { a: 1, b: 2 });
      const { w } = await store.sessions.peek(token(from));
      await from.get("/read");
      await to.get("/read");
      assert.equal((await store.sessions.peek(token(from))).w, w);
      await store.clear();
      assert.deepEqual([await to.json("/read"), await from.json("/read")], [{}, {}]);
    }
  });
});
