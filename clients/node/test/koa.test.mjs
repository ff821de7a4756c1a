// koa-session over this store.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { after, before, describe, it } from "node:test";
import Koa from "koa";
import koaSession from "koa-session";
import { createClient } from "redis";
import { SessionsStore } from "sessions-for-redis/koa";
import { startServer } from "./support/server.mjs";
import { Browser, listen } from "./support/site.mjs";

const createSession = koaSession.default ?? koaSession.createSession ?? koaSession;
const tokenOf = (browser) => createHash("sha256").update(browser.cookies["koa.sess"]).digest("hex");
let apps = 0;

describe("koa-session", () => {
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
    const app = new Koa();
    const gates = new EventEmitter();
    app.keys = ["some secret"];
    app.use(createSession({ store, ...options }, app));
    app.use(async (ctx) => {
      const { session, query, path } = ctx;
      if (path === "/slow") {
        gates.emit(`${query.held} arrived`);
        await once(gates, `${query.held} go`);
      }
      if (path === "/logout") ctx.session = null;
      else if (path === "/login") {
        session.passport = { user: query.user };
        await session.regenerate();
      } else if (path === "/others") {
        ctx.body = await store.endOthers(ctx);
        return;
      } else if (path !== "/read") {
        for (const [name, value] of Object.entries(query))
          if (name !== "held") session[name] = JSON.parse(value);
      }
      ctx.body = JSON.stringify(ctx.session);
    });
    const address = await listen(t, app.callback());
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

  it("sessions are kept with koa-session's own end, and two requests at once lose nothing", async (t) => {
    const store = newStore();
    const shop = await site(t, store, { maxAge: 60_000 });
    const browser = shop.browser();
    await browser.get("/set?user=1");
    const one = await hold(shop, browser, "one", "a=1");
    const two = await hold(shop, browser, "two", "b=2");
    await one();
    await two();
    assert.deepEqual(await browser.json("/read"), { user: 1, a: 1, b: 2 });
    const { d, ttl, ip } = await store.sessions.peek(tokenOf(browser));
    assert.deepEqual([d._maxAge, ttl, ip], [60_000, 70, "127.0.0.1"]);
    assert.ok(d._expire > Date.now());
  });

  it("maxAge session means the option ttl", async (t) => {
    const store = newStore({ ttl: 90 });
    const browser = (await site(t, store, { maxAge: "session" })).browser();
    await browser.get("/set?a=1");
    const { d, ttl } = await store.sessions.peek(tokenOf(browser));
    assert.deepEqual([d, ttl], [{ a: 1, _session: true }, 90]);
    await browser.get("/set?b=2");
    assert.deepEqual(await browser.json("/read"), { a: 1, b: 2 });
  });

  it("an ended session stays ended", async (t) => {
    const store = newStore();
    const shop = await site(t, store);
    const browser = shop.browser();
    await browser.get("/set?a=1");
    const slow = await hold(shop, browser, "slow", "b=1");
    await browser.get("/logout");
    const ended = once(store, "ended");
    await slow();
    await ended;
    assert.equal(await store.length(), 0);
  });

  it("a log-in is a new session id, and the user's sessions are listed and ended", async (t) => {
    const store = newStore();
    const shop = await site(t, store);
    const browsers = [shop.browser(), shop.browser()];
    for (const browser of browsers) {
      await browser.get("/set?cart=1");
      const old = tokenOf(browser);
      await browser.get("/login?user=ann");
      assert.notEqual(tokenOf(browser), old);
      assert.equal(await store.sessions.exists(old), false);
    }
    assert.equal((await store.sessionsOf("ann")).length, 2);
    assert.equal(await browsers[0].json("/others"), 1);
    assert.deepEqual(await browsers[1].json("/read"), {});
    assert.equal(await store.endAll("ann"), 1);
  });

  it("what another framework wrote is served, with an end for `renew`; without ctx it is stored as it is", async () => {
    const store = newStore({ ttl: 60 });
    await store.set("key", { a: 1 });
    const found = await store.get("key", 60_000, {});
    assert.equal(found.a, 1);
    assert.ok(Math.abs(found._expire - Date.now() - 60_000) < 10_000);
    assert.equal(await store.get("unknown"), undefined);
    const ctx = {};
    await store.get("key", 60_000, { ctx });
    await store.set("key", { a: 2 }, 30_000, { ctx });
    assert.deepEqual((await store.get("key")).a, 2);
    await store.destroy("key");
    await store.set("key", { a: 3 }, 30_000, { ctx });
    assert.equal(await store.get("key"), undefined);
  });
});
