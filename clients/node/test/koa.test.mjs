// koa-session over this store.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sign } from "cookie-signature";
import Koa from "koa";
import koaSession from "koa-session";
import { SessionsStore, signedCookie } from "sessions-for-redis/koa";
import { Browser, listen } from "./support/site.mjs";
import {
  changeAtOnce,
  hashed,
  holding,
  itEndsAndLogsIn,
  itServesOddSessions,
  newApp,
  useServer,
} from "./support/store.mjs";

const createSession = koaSession.default ?? koaSession.createSession ?? koaSession;
const tokenOf = (browser) => hashed(browser.cookies["koa.sess"]);

describe("koa-session", () => {
  const its = useServer();
  const newStore = (options) => new SessionsStore({ client: its.client, app: newApp(), ...options });

  async function site(t, store, options = {}) {
    const app = new Koa();
    const { held, hold } = holding();
    app.keys = ["some secret"];
    app.use(createSession({ store, ...options }, app));
    app.use(async (ctx) => {
      const { session, query, path } = ctx;
      if (path === "/slow") await held(query.held);
      if (path === "/logout") ctx.session = null;
      else if (path === "/login") {
        session.passport = { user: query.user };
        await session.regenerate();
      } else if (path === "/others") {
        ctx.body = await store.endOthers(ctx);
        return;
      } else if (path === "/sid") {
        ctx.body = JSON.stringify(store.sidOf(ctx));
        return;
      } else if (path !== "/read") {
        for (const [name, value] of Object.entries(query))
          if (name !== "held") session[name] = JSON.parse(value);
      }
      ctx.body = JSON.stringify(ctx.session);
    });
    const address = await listen(t, app.callback());
    return { hold, browser: () => new Browser(address) };
  }

  itEndsAndLogsIn({ newStore, site, tokenOf });
  itServesOddSessions({ newStore, site, tokenOf });

  it("sessions are kept with koa-session's own end, and two requests at once lose nothing", async (t) => {
    const store = newStore();
    const shop = await site(t, store, { maxAge: 60_000 });
    const browser = await changeAtOnce(shop);
    assert.deepEqual(await browser.json("/read"), { user: 1, a: 1, b: 2 });
    const { d, ttl, ip } = await store.sessions.peek(tokenOf(browser));
    assert.deepEqual([d._maxAge, ttl, ip], [60_000, 70, "127.0.0.1"]);
    assert.ok(d._expire > Date.now());
  });

  it("no key of the data changes the class of ctx.session", async (t) => {
    const store = newStore();
    const { browser } = await site(t, store);
    const one = browser();
    await one.get("/set?a=1");
    await store.sessions.set(tokenOf(one), JSON.parse('{"__proto__":{"admin":true},"constructor":1}'));
    assert.deepEqual(await one.json("/set?b=1"), { a: 1, constructor: 1, b: 1 });
    assert.ok(Object.hasOwn((await store.sessions.peek(tokenOf(one))).d, "__proto__"));
  });

  it("what koa-session does not save, because of its name, stays as another framework wrote it", async (t) => {
    const store = newStore({ id: ({ _user_id: id }) => id });
    const { browser } = await site(t, store);
    const one = browser();
    await one.get("/set?a=1&b=1");
    const token = tokenOf(one);
    const theirs = { _user_id: "7", _fresh: true, isNew: 1, save: 2, maxAge: 3, length: 4 };
    await store.sessions.set(token, theirs);
    await store.sessions.save(token, (await store.sessions.peek(token)).d, { xx: true, id: "7" });
    // A changed key, and a value that becomes null: the whole data is written.
    for (const path of ["/set?a=2", "/set?b=null"]) assert.equal((await one.get(path)).status, 200);
    const { d, id } = await store.sessions.peek(token);
    const { _expire, _maxAge, ...rest } = d;
    assert.deepEqual([rest, id], [{ a: 2, b: null, ...theirs }, "7"]);
    assert.deepEqual(await one.json("/read"), { a: 2, b: null });
  });

  it("signedCookie is the cookie of express-session, of any of the secrets, and no other value opens a session", async (t) => {
    const store = newStore();
    const [a, b] = ["the older secret", "the newer secret"];
    const cookie = (secret, options) => ({ ...signedCookie("connect.sid", secret, options) });
    const older = await site(t, store, cookie(a, { maxAge: "session", sameSite: "lax" }));
    const newer = await site(t, store, cookie([b, a], { maxAge: 60_000 }));
    const one = older.browser();
    const { cookies } = await one.get("/set?a=1");
    assert.match(cookies.join(), /^connect\.sid=s%3A[\w-]+\.[\w%]+; path=\/; samesite=lax; httponly$/);
    const value = decodeURIComponent(one.cookies["connect.sid"]).slice(2);
    const [id, signature] = value.split(".");
    assert.equal(value, sign(id, a));
    assert.deepEqual((await store.sessions.peek(hashed(id))).d, { a: 1, _session: true });
    for (const [value, expected] of [
      [one.cookies["connect.sid"], { a: 1 }],
      [`s:${id}.${signature}`, { a: 1 }],
      [`${id}.${signature}`, { a: 1 }],
      [`s:${sign(id, b)}`, { a: 1 }],
      [`s:${sign(id, "another secret")}`, {}],
      [`s:${sign(hashed(id), a)}`, {}],
      [hashed(id), {}],
      [id, {}],
      [`s:${id}.`, {}],
      [`s:${id}.${signature}=`, {}],
      [`s:${id}.${signature.slice(1)}`, {}],
      ["s%3A%", {}],
      ["s:.", {}],
      ["", {}],
    ]) {
      const thief = newer.browser();
      thief.setCookie("connect.sid", value);
      assert.deepEqual(await thief.json("/read"), expected, value);
    }
    const other = newer.browser();
    const set = await other.get("/set?a=1");
    assert.match(set.cookies.join(), /; expires=[^;]+; httponly$/);
    const written = decodeURIComponent(other.cookies["connect.sid"]).slice(2);
    assert.equal(written, sign(written.split(".")[0], b));
    await other.get("/logout");
    assert.deepEqual(other.cookies, {});
    for (const secret of ["", [], [a, ""], undefined]) {
      assert.throws(() => signedCookie("connect.sid", secret), /secret must be a string/);
    }
  });

  it("maxAge session means the option ttl", async (t) => {
    const store = newStore({ ttl: 90 });
    const browser = (await site(t, store, { maxAge: "session" })).browser();
    await browser.get("/set?a=1");
    const { d, ttl } = await store.sessions.peek(tokenOf(browser));
    assert.deepEqual([d, ttl], [{ a: 1, _session: true }, 90]);
    await browser.get("/set?b=2");
    assert.deepEqual(await browser.json("/read"), { a: 1, b: 2 });
    // regenerate() saves, and the end of the request saves again.
    await browser.get("/login?user=ann");
    const passport = { user: "ann" };
    const { d: after, ttl: left } = await store.sessions.peek(tokenOf(browser));
    assert.deepEqual([after, left], [{ a: 1, b: 2, passport, _session: true }, 90]);
  });

  it("what another framework wrote is served, with an end for `renew`; without ctx it is stored unchanged", async () => {
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
