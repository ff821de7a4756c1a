// What the store for express-session stores of a session, and when.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sign } from "cookie-signature";
import express from "express";
import session from "express-session";
import { site, unsigned, useExpress } from "./support/express.mjs";
import { Browser, listen } from "./support/site.mjs";
import { changeAtOnce, hashed, itServesOddSessions } from "./support/store.mjs";

describe("what is stored of a session of express-session", () => {
  const { newStore, asked, command } = useExpress();
  itServesOddSessions({ newStore, site, tokenOf: (browser) => hashed(unsigned(browser)) });

  it("the token is the SHA-256 of the session id, and `cookie` has no expires", async (t) => {
    const store = newStore();
    const { browser } = await site(t, store, { cookie: { maxAge: 60_000, sameSite: "lax" } });
    const one = browser();
    await one.get("/set?a=1");
    const found = await store.sessions.peek(hashed(unsigned(one)));
    const cookie = { originalMaxAge: 60_000, httpOnly: true, path: "/", sameSite: "lax" };
    assert.deepEqual(found.d, { a: 1, cookie });
    assert.equal(found.ttl, 60);
    const supplied = await one.json("/cookie");
    assert.equal(supplied.originalMaxAge, 60_000);
    const left = new Date(supplied.expires) - Date.now();
    assert.ok(left > 50_000 && left <= 60_000, `${left}`);
  });

  it("a session without a cookie's maxAge lives for the option ttl, a number or a function", async (t) => {
    for (const [ttl, expected] of [
      [undefined, 86_400],
      [90, 90],
      [({ cart }) => cart * 100, 100],
    ]) {
      const store = newStore({ ttl });
      const { browser } = await site(t, store);
      const one = browser();
      await one.get("/set?cart=1");
      assert.equal((await store.sessions.peek(hashed(unsigned(one)))).ttl, expected);
      assert.equal((await one.json("/cookie")).expires, null);
    }
  });

  it("what another program wrote without `cookie` is served, and an untouched key is not rewritten", async (t) => {
    const store = newStore();
    const { browser } = await site(t, store, { saveUninitialized: false });
    const one = browser();
    await one.get("/set?a=1");
    const token = hashed(unsigned(one));
    const text = '{"big":12345678901234567890,"one":1.0}';
    await command("SESSIONS.SAVE", store.sessions.app, token, text, "XX");
    assert.deepEqual(Object.keys(await one.json("/read")), ["big", "one"]);
    await one.get("/set?b=2");
    const reply = await command("SESSIONS.PEEK", store.sessions.app, token, "JSON");
    assert.match(reply, /"d":\{"big":12345678901234567890,"one":1\.0,"b":2\}/);
  });

  it("a session that another program made without `cookie` has the cookie of this site, and is not rewritten", async (t) => {
    const store = newStore();
    for (const [cookie, attributes, ttl] of [
      [
        { sameSite: "strict", path: "/read", maxAge: 60_000 },
        /; Path=\/read; Expires=[^;]+; HttpOnly; SameSite=Strict$/,
        60,
      ],
      [{ secure: "auto", sameSite: "auto" }, /; Path=\/; HttpOnly; SameSite=Lax$/, 86_400],
      [({ url }) => ({ path: url, httpOnly: false }), /; Path=\/read$/, 86_400],
    ]) {
      const { browser } = await site(t, store, { rolling: true, cookie });
      const sid = `made-elsewhere-${ttl}-${attributes}`.replace(/\W/g, "");
      await store.sessions.save(hashed(sid), { a: 1 }, { nx: true });
      const one = browser();
      one.setCookie("connect.sid", encodeURIComponent(`s:${sign(sid, "cats")}`));
      const { text, cookies } = await one.get("/read");
      assert.deepEqual(JSON.parse(text), { a: 1 });
      assert.match(cookies.join(), attributes);
      const found = await store.sessions.peek(hashed(sid));
      assert.deepEqual([found.w, found.ttl, found.d], [1, ttl, { a: 1 }]);
    }
    const loaded = await new Promise((resolve) => store.load("made-elsewhere", (_error, it) => resolve(it)));
    assert.equal(loaded, undefined);
    await store.sessions.save(hashed("made-elsewhere"), { a: 1 }, { nx: true });
    const { cookie } = await new Promise((resolve) =>
      store.load("made-elsewhere", (_error, it) => resolve(it)),
    );
    assert.deepEqual([cookie.path, cookie.httpOnly, cookie.expires], ["/", true, null]);
  });

  it("what has the name of one of Session's own properties is not given to the request and stays", async (t) => {
    const store = newStore();
    const { browser } = await site(t, store);
    const one = browser();
    await one.get("/set?a=1&b=1");
    const token = hashed(unsigned(one));
    await store.sessions.set(token, { id: "other", touch: 1 });
    assert.deepEqual(await one.json("/read"), { a: 1, b: 1 });
    // A changed key, and a value that becomes null: the whole data is written.
    for (const path of ["/set?a=2", "/set?b=null"]) await one.get(path);
    const { cookie, ...d } = (await store.sessions.peek(token)).d;
    assert.deepEqual(d, { a: 2, b: null, id: "other", touch: 1 });
  });

  it("nothing changed and the same timeout: nothing is written, whatever resave says", async (t) => {
    const { browser } = await site(t, newStore(), {
      resave: true,
      rolling: true,
      cookie: { maxAge: 60_000 },
    });
    const one = browser();
    await one.get("/set?a=1");
    const names = await asked(async () => {
      for (let n = 0; n < 20; n++) await one.get("/read");
    });
    assert.deepEqual(names, { "sessions.get": 20 });
  });

  it("deleted keys go, null stays null, and the last key may go", async (t) => {
    const store = newStore();
    const shop = await site(t, store);
    const browser = shop.browser();
    await browser.get("/set?a=1&b=2&c=3");
    await browser.get("/delete?a");
    assert.deepEqual(await browser.json("/read"), { b: 2, c: 3 });
    // Another request writes between the read and the write: all data is merged again.
    const slow = await shop.hold(browser, "slow", "b=null");
    await browser.get("/set?d=4");
    await slow();
    assert.deepEqual(await browser.json("/read"), { b: null, c: 3, d: 4 });
    await browser.get("/delete?b&c&d");
    assert.deepEqual(await browser.json("/read"), {});
  });

  it("a session whose end no use extends keeps it, however its data change", async (t) => {
    const store = newStore();
    const { browser } = await site(t, store, { cookie: { maxAge: 600_000 } });
    const one = browser();
    await one.get("/set?a=1");
    const token = hashed(unsigned(one));
    await store.sessions.save(token, { a: 1 }, { xx: true, noResave: true, ttl: 100 });
    for (const path of ["/read", "/set?b=2", "/set?b=null"]) await one.get(path);
    const { ttl, no_resave, d } = await store.sessions.peek(token);
    assert.ok(ttl <= 100 && no_resave, `${ttl}`);
    assert.equal(d.b, null);
  });

  it("a timeout that is not a number is an error, not the end of the session", async () => {
    const store = newStore({ ttl: () => undefined });
    await assert.rejects(store.set("sid", { cookie: {} }), /ttl must be a number/);
    await assert.rejects(store.touch("sid", { cookie: {} }), /ttl must be a number/);
    const other = newStore({ ttl: 60 });
    await other.set("sid", { cookie: { expires: new Date(Number.NaN), originalMaxAge: Number.NaN } });
    assert.equal((await other.sessions.peek(hashed("sid"))).ttl, 60);
  });

  it("a request may save more than once and need not wait for it", async (t) => {
    const store = newStore();
    const app = express();
    app.use(session({ secret: "cats", resave: false, saveUninitialized: false, store }));
    app.get("/read", (req, res) => res.json({ ...req.session, cookie: undefined }));
    app.get("/set", (req, res) => {
      for (const name of ["a", "b", "c"]) {
        req.session[name] = 1;
        req.session.save();
      }
      req.session.d = 1;
      res.json(null);
    });
    app.use((error, _req, res, _next) => res.status(500).end(error.message));
    const browser = new Browser(await listen(t, app));
    for (let n = 0; n < 2; n++) {
      await browser.get("/set");
      assert.deepEqual(await browser.json("/read"), { a: 1, b: 1, c: 1, d: 1 });
    }
  });

  it("a value that was changed in place is stored, one that has the same text is not", async () => {
    const store = newStore();
    const when = new Date(0);
    await store.set("sid", { cookie: {}, list: [1, { a: 1, b: [] }], when, text: "x", none: null });
    const written = async (change) => {
      const data = await store.get("sid");
      change(data);
      const names = await asked(() => store.set("sid", data));
      return "sessions.set" in names || "sessions.save" in names;
    };
    const same = [
      () => {},
      (data) => Object.assign(data, { when, text: "x", nothing: undefined }),
      (data) => Object.assign(data, structuredClone({ list: [1, { a: 1, b: [] }] })),
      (data) => Object.assign(data.list[1], { gone: undefined }),
    ];
    for (const change of same) assert.equal(await written(change), false, String(change));
    const other = [
      (data) => data.list.push(2),
      (data) => data.list[1].b.push(0),
      (data) => Object.assign(data.list[1], { a: "1" }),
      (data) => Object.assign(data.list[1], { c: null }),
      (data) => Object.assign(data, { list: { ...data.list } }),
      (data) => Object.assign(data, { when: 0 }),
      (data) => Object.defineProperty(data.list, "toJSON", { value: () => 1 }),
      (data) => delete data.none,
    ];
    for (const change of other) assert.equal(await written(change), true, String(change));
    const { d } = await store.sessions.peek(hashed("sid"));
    assert.deepEqual(d, { cookie: {}, list: 1, when: 0, text: "x" });
  });

  it("merge: false stores all that the request has", async (t) => {
    const browser = await changeAtOnce(await site(t, newStore({ merge: false })));
    assert.deepEqual(await browser.json("/read"), { user: 1, b: 2 });
  });

  it("what JSON cannot hold is an error that names it", async () => {
    const store = newStore();
    await assert.rejects(store.set("sid", { cookie: {}, cart: { tags: new Map() } }), /cart\.tags is a Map/);
    const when = new Date("no date");
    await assert.rejects(
      store.set("sid", { cookie: {}, cart: { when } }),
      /cart\.when is a Date without a time/,
    );
    // What toJSON returns is looked at, too.
    for (const [made, expected] of [
      [Number.NaN, /cart is NaN/],
      [1n, /cart is a bigint/],
      [{ tags: new Set() }, /cart\.tags is a Set/],
    ]) {
      await assert.rejects(store.set("sid", { cookie: {}, cart: { toJSON: () => made } }), expected);
    }
    let deep = {};
    for (let level = 0; level < 100_000; level++) deep = { deep };
    await assert.rejects(store.set("sid", { cookie: {}, deep }), /nested more than 500 levels deep/);
  });
});
