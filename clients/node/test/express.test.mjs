// The store for express-session, called directly, with a store of before, and with Redis away.
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { createClient } from "redis";
import { SessionsStore } from "sessions-for-redis/express";
import { site, useExpress } from "./support/express.mjs";
import { startServer } from "./support/server.mjs";
import { hashed } from "./support/store.mjs";

describe("the store for express-session", () => {
  const { newStore, usual } = useExpress();

  it("any other object is stored without condition, by promise and by callback", async () => {
    const store = newStore();
    assert.equal(await store.get("unknown"), null);
    const cookie = { originalMaxAge: 60_000, expires: new Date(Date.now() + 60_000) };
    await store.set("sid", { cookie, a: 1 });
    assert.equal((await store.get("sid")).a, 1);
    await store.set("sid", { cookie, a: 2 });
    const [error, data] = await new Promise((resolve) => store.get("sid", (...args) => resolve(args)));
    assert.equal(error, null);
    assert.equal(data.a, 2);
    data.b = 3;
    await store.set("sid", data);
    const sid = hashed("sid");
    assert.equal((await store.all())[0].b, 3);
    assert.deepEqual(await store.ids(), [hashed(sid).slice(0, 16)]);
    const loaded = await new Promise((resolve) => store.load("sid", (_error, result) => resolve(result)));
    assert.equal(loaded.b, 3);
    await store.touch("sid", { cookie: { expires: new Date(Date.now() + 30_000) } });
    assert.equal((await store.sessions.peek(sid)).ttl, 30);
    await store.set("other", await store.get("sid"));
    assert.equal(
      await store.length(),
      2,
      "what was read under one id and is stored under another is another session",
    );
    await store.set("sid", { cookie: { expires: new Date(0) } });
    assert.equal(await store.length(), 1);
    await store.destroy("other");
    await store.set("sid", { cookie, a: 1 });
    await store.touch("sid", { cookie: { expires: new Date(0) } });
    assert.equal(await store.length(), 0);
    await store.set("sid", { cookie, a: 1 });
    await store.clear();
    assert.equal(await store.length(), 0);
  });

  it("ended: error is an error with the code ENDED", async () => {
    const store = newStore({ ended: "error" });
    await store.set("sid", { cookie: {}, a: 1 });
    for (const change of [{ b: 1 }, { a: null }]) {
      await store.set("sid", { cookie: {}, a: 1 });
      const data = await store.get("sid");
      await store.destroy("sid");
      await assert.rejects(store.set("sid", Object.assign(data, change)), { code: "ENDED" });
    }
  });

  it("a new session under an id that exists already is an error", async (t) => {
    const store = newStore();
    const shop = await site(t, store, { genid: () => "always the same" });
    await shop.browser().get("/set?a=1");
    const request = {};
    store.generate(request);
    request.session.b = 1;
    await assert.rejects(store.set("always the same", request.session), { code: "EXISTS" });
  });

  it("wrong options are TypeErrors at the start", () => {
    for (const options of [
      { ttl: 0 },
      { ttl: 1.5 },
      { lifetime: -1 },
      { max: 0 },
      { reject: true },
      { client: {} },
    ]) {
      assert.throws(() => newStore(options), TypeError, JSON.stringify(options));
    }
  });

  it("sessions of the store of before go on, with their user, and are in one place only", async (t) => {
    const from = usual();
    const before = await site(t, from, { cookie: { maxAge: 600_000 } });
    const browsers = [before.browser(), before.browser()];
    for (const browser of browsers) {
      await browser.get("/login?user=ann");
      await browser.get("/set?cart=1");
    }
    const store = newStore({ from });
    const shop = await site(t, store, { cookie: { maxAge: 600_000 } });
    const moved = browsers.map((browser) => {
      const same = shop.browser();
      same.setCookie("connect.sid", browser.cookies["connect.sid"]);
      return same;
    });
    const seen = await Promise.all([0, 0, 0].map(() => moved[0].json("/read")));
    for (const one of seen) assert.deepEqual(one, { passport: { user: "ann" }, cart: 1 });
    assert.equal((await store.sessionsOf("ann")).length, 1);
    assert.equal((await from.ids()).length, 1);
    await moved[1].get("/logout");
    assert.deepEqual(await from.ids(), []);
    assert.deepEqual(await moved[1].json("/read"), {});
    assert.equal(await store.endAll("ann"), 1);
    assert.deepEqual(await moved[0].json("/read"), {});
  });

  it("a session that is moved too late stays ended", async () => {
    const from = usual();
    const store = newStore({ from });
    const ended = [
      // By a site that has the previous store only, and by another request to this one.
      (sid) => from.destroy(sid),
      (sid) => store.destroy(sid),
      // Moved and ended by other requests.
      async (sid) => {
        await store.get(sid);
        await store.endAll("ann");
      },
    ];
    for (const [n, end] of ended.entries()) {
      const sid = `late-${n}`;
      const data = { cookie: {}, passport: { user: "ann" } };
      await from.set(sid, data);
      let reads = 0;
      const late = newStore({
        app: store.sessions.app,
        from: {
          get(id, done) {
            from.get(id, async (error, found) => {
              reads += 1;
              if (reads === 1) await end(id);
              done(error, found);
            });
          },
          destroy: (id, done) => from.destroy(id, done),
        },
      });
      assert.equal(await late.get(sid), null, String(end));
      assert.equal(await store.length(), 0, String(end));
      assert.equal(await store.get(sid), null);
    }
    // Requests that move it at the same time all have it.
    await from.set("both", { cookie: {}, cart: 1 });
    const seen = await Promise.all([0, 0, 0, 0].map(() => store.get("both")));
    assert.deepEqual(
      seen.map(({ cart }) => cart),
      [1, 1, 1, 1],
    );
    assert.deepEqual(await from.ids(), []);
  });

  it("a session that the store of before does not find is none, also where that is the error ENOENT", async () => {
    const gone = (_sid, done) => done(Object.assign(new Error("no such file"), { code: "ENOENT" }));
    const store = newStore({ from: { get: gone, destroy: (_sid, done) => done() } });
    assert.equal(await store.get("unknown"), null);
  });

  it("Redis away is an error of the request, and works again afterwards", async (t) => {
    const other = await startServer();
    const away = createClient({ socket: { path: other.path }, disableOfflineQueue: true });
    away.on("error", () => {});
    await away.connect();
    t.after(() => away.destroy());
    const { browser } = await site(t, new SessionsStore({ client: away, app: "shop" }));
    const one = browser();
    await one.get("/set?a=1");
    await other.stop();
    const { status, text } = await one.get("/read");
    assert.deepEqual([status, JSON.parse(text).code], [500, "UNAVAILABLE"]);
    await other.start();
    if (!away.isReady) await once(away, "ready");
    assert.deepEqual(await one.json("/read"), {});
  });
});
