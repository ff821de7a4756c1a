// Moving over from redis-sessions and connect-redis-sessions by one changed line: the sessions that
// the originals have stored continue, under the same token and cookie.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { before, describe, it } from "node:test";
import express from "express";
import { startServer, until } from "./support/server.mjs";
import { Browser, listen } from "./support/site.mjs";

const require = createRequire(import.meta.url);

const APP = { app: "webapp" };
const NEW = { ...APP, id: "ann", ip: "203.0.113.7", ttl: 600, d: { cart: 3, lang: "en" } };

/**
 * Calls a method of version 4, which returns a promise, or of an older one, which takes a callback.
 */
function call(sessions, method, options) {
  return new Promise((resolve, reject) => {
    const promise = sessions[method](options, (error, reply) => (error ? reject(error) : resolve(reply)));
    promise?.then(resolve, reject);
  });
}

describe("one changed line", () => {
  let server;
  before(async () => {
    server = await startServer({ tcp: true });
  });

  for (const [original, entry] of [
    ["redis-sessions-4", "sessions-for-redis/redis-sessions"],
    ["redis-sessions-3", "sessions-for-redis/redis-sessions/v3"],
    ["redis-sessions-2", "sessions-for-redis/redis-sessions/v3"],
    ["redis-sessions-1", "sessions-for-redis/redis-sessions/v3"],
  ]) {
    it(`from ${original} keeps its sessions`, async (t) => {
      const open = (name) => {
        const loaded = require(name);
        const sessions = new (loaded.default ?? loaded)({ port: server.port, wipe: 0 });
        t.after(() => sessions.quit());
        return sessions;
      };
      const { token } = await call(open(original), "create", { ...NEW });
      const sessions = open(entry);
      const { id, ttl, ip, d } = await call(sessions, "get", { ...APP, token });
      assert.deepEqual({ id, ttl, ip, d }, { id: "ann", ttl: 600, ip: NEW.ip, d: NEW.d });
      assert.deepEqual((await call(sessions, "set", { ...APP, token, d: { cart: 4 } })).d.cart, 4);
      assert.equal((await call(sessions, "soid", { ...APP, id: "ann" })).sessions.length, 1);
      assert.deepEqual(await call(sessions, "killsoid", { ...APP, id: "ann" }), { kill: 1 });
    });
  }

  it("from connect-redis-sessions keeps its sessions and their cookies", async (t) => {
    const site = async (name) => {
      const middleware = require(name)({ ...APP, port: server.port, wipe: 0, cookie: { maxAge: 600_000 } });
      const app = express();
      app.use((request, _response, next) => {
        const pairs = (request.headers.cookie ?? "").split("; ").map((pair) => pair.split("="));
        request.cookies = Object.fromEntries(pairs);
        next();
      });
      app.use(middleware);
      let rds;
      t.after(() => rds.quit());
      app.use(({ session }, _response, next) => {
        rds ??= session?.getRedisSessionsModule();
        next();
      });
      app.get("/login", ({ session }, response) => {
        if (!session) return response.json("not connected yet");
        session.upgrade("ann", 600, () => response.json(null));
      });
      app.get("/change", ({ session }, response) => {
        session.cart = (session.cart ?? 2) + 1;
        response.json(session.cart);
      });
      app.get("/", ({ session }, response) => response.json({ cart: session?.cart, id: session?._meta?.id }));
      return listen(t, app);
    };
    const before = new Browser(await site("connect-redis-sessions-2"));
    await until("a log-in", async () => {
      await before.get("/login");
      return "webapp" in before.cookies;
    });
    assert.equal(await before.json("/change"), 3);
    const after = new Browser(await site("sessions-for-redis/connect-redis-sessions"));
    after.setCookie("webapp", before.cookies.webapp);
    await until("the session", async () => (await after.json("/")).id === "ann");
    assert.deepEqual(await after.json("/"), { cart: 3, id: "ann" });
    assert.equal(await after.json("/change"), 4);
    assert.deepEqual(await before.json("/"), { cart: 4, id: "ann" });
  });
});
