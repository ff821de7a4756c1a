// @fastify/session over this store, alone and together with express-session under one cookie.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fastifyCookie from "@fastify/cookie";
import fastifySession from "@fastify/session";
import { sign } from "cookie-signature";
import fastify from "fastify";
import { SessionsStore as ExpressStore } from "sessions-for-redis/express";
import { SessionsStore } from "sessions-for-redis/fastify";
import { site as expressSite } from "./support/express.mjs";
import { Browser } from "./support/site.mjs";
import {
  changeAtOnce,
  hashed,
  holding,
  itEndsAndLogsIn,
  itServesOddSessions,
  newApp,
  useServer,
} from "./support/store.mjs";

const SECRET = "a secret that has the length of 32 or more";
const tokenOf = (browser) => {
  const value = decodeURIComponent(Object.values(browser.cookies)[0]).replace(/^s:/, "");
  return hashed(value.split(".")[0]);
};

describe("@fastify/session", () => {
  const its = useServer();
  const newStore = (options) => new SessionsStore({ client: its.client, app: newApp(), ...options });

  async function site(t, store, options = {}) {
    const app = fastify();
    const { held, hold } = holding();
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
      await held(request.query.held);
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
    app.get("/sid", async (request) => JSON.stringify(store.sidOf(request)));
    await app.listen({ port: 0, host: "127.0.0.1" });
    t.after(() => app.close());
    const address = `http://127.0.0.1:${app.server.address().port}`;
    return { hold, browser: () => new Browser(address) };
  }

  itEndsAndLogsIn({ newStore, site, tokenOf });
  itServesOddSessions({ newStore, site, tokenOf });

  it("sessions are kept, and two requests at once lose nothing", async (t) => {
    const store = newStore();
    const shop = await site(t, store, { cookie: { secure: false, maxAge: 60_000 } });
    const browser = await changeAtOnce(shop);
    assert.deepEqual(await browser.json("/read"), { user: 1, a: 1, b: 2 });
    const { d, ttl } = await store.sessions.peek(tokenOf(browser));
    assert.equal(ttl, 60);
    assert.deepEqual(
      [d.cookie.originalMaxAge, d.cookie.expires, d.cookie.originalExpires],
      [60_000, undefined, undefined],
    );
    assert.equal("_loaded" in d, false);
  });

  it("no key of the data changes the class of request.session", async (t) => {
    const store = newStore();
    const { browser } = await site(t, store);
    const one = browser();
    await one.get("/set?a=1");
    await store.sessions.set(tokenOf(one), JSON.parse('{"__proto__":{"admin":true},"constructor":1}'));
    assert.deepEqual(await one.json("/set?b=1"), { a: 1, constructor: 1, b: 1 });
    assert.ok(Object.hasOwn((await store.sessions.peek(tokenOf(one))).d, "__proto__"));
  });

  it("rolling writes nothing while nothing changes, and no stale end logs anybody out", async (t) => {
    const store = newStore();
    const shop = await site(t, store, { cookie: { secure: false, maxAge: 60_000 } });
    const browser = shop.browser();
    await browser.get("/set?a=1");
    const { w } = await store.sessions.peek(tokenOf(browser));
    for (let n = 0; n < 5; n++) {
      const cookie = await browser.json("/cookie");
      assert.ok(new Date(cookie.expires) - Date.now() > 50_000);
    }
    const found = await store.sessions.peek(tokenOf(browser));
    assert.deepEqual([found.w, found.ttl], [w, 60]);
  });

  it("a session that another program made without `cookie` has the cookie of this site", async (t) => {
    const store = newStore();
    await store.sessions.save(hashed("made-elsewhere"), { a: 1 }, { nx: true });
    for (const [cookie, attributes] of [
      [{ sameSite: "strict" }, /; Path=\/; HttpOnly; SameSite=Strict$/],
      [{ path: "/read", httpOnly: false, maxAge: 60_000 }, /; Path=\/read; Expires=[^;]+$/],
    ]) {
      await store.sessions.save(hashed("made-elsewhere"), { a: 1 });
      const one = (await site(t, store, { cookie: { secure: false, ...cookie } })).browser();
      one.setCookie("sessionId", encodeURIComponent(sign("made-elsewhere", SECRET)));
      const { text, cookies } = await one.get("/read");
      assert.deepEqual(JSON.parse(text), { a: 1 });
      assert.match(cookies.join(), attributes);
    }
  });

  it("what has the name of one of Session's own properties is not given to the request and stays", async (t) => {
    const store = newStore();
    const { browser } = await site(t, store, { saveUninitialized: false });
    const one = browser();
    await one.get("/set?a=1&b=1");
    const theirs = { sessionId: "other", touch: 1, get: 2, isModified: true };
    await store.sessions.set(tokenOf(one), theirs);
    assert.deepEqual(await one.json("/read"), { a: 1, b: 1 });
    // A changed key, and a value that becomes null: the whole data is written.
    for (const path of ["/set?a=2", "/set?b=null"]) assert.equal((await one.get(path)).status, 200);
    const { cookie, ...d } = (await store.sessions.peek(tokenOf(one))).d;
    assert.deepEqual(d, { a: 2, b: null, ...theirs });
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
    const app = newApp();
    const store = new ExpressStore({ client: its.client, app });
    const shop = await expressSite(t, store, { secret: SECRET, cookie: { maxAge: 60_000 } });
    const one = shop.browser();
    const options = {
      cookieName: "connect.sid",
      cookiePrefix: "s:",
      cookie: { secure: false, maxAge: 60_000 },
    };
    const other = (await site(t, new SessionsStore({ client: its.client, app }), options)).browser();
    for (const [from, to] of [
      [one, other],
      [other, one],
    ]) {
      await from.get("/set?a=1");
      to.setCookie("connect.sid", from.cookies["connect.sid"]);
      await to.get("/set?b=2");
      assert.deepEqual(await to.json("/read"), { a: 1, b: 2 });
      assert.deepEqual(await from.json("/read"), { a: 1, b: 2 });
      const { w } = await store.sessions.peek(tokenOf(from));
      await from.get("/read");
      await to.get("/read");
      assert.equal((await store.sessions.peek(tokenOf(from))).w, w);
      await store.clear();
      assert.deepEqual([await to.json("/read"), await from.json("/read")], [{}, {}]);
    }
  });
});
