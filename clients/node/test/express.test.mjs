// express-session over this store, and over connect-redis where the two differ.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { after, before, describe, it } from "node:test";
import { RedisStore } from "connect-redis";
import express from "express";
import session from "express-session";
import passport from "passport";
import { createClient } from "redis";
import { SessionsStore } from "sessions-for-redis/express";
import { CLIENTS } from "./support/clients.mjs";
import { ask, startCluster, startServer } from "./support/server.mjs";
import { Browser, listen } from "./support/site.mjs";

const hashed = (text) => createHash("sha256").update(text).digest("hex");
const unsigned = (browser) => decodeURIComponent(browser.cookies["connect.sid"]).slice(2).split(".")[0];
const warnings = [];
process.on("warning", ({ name, code }) => name === "SessionsWarning" && warnings.push(code));
let apps = 0;

describe("express-session", () => {
  let server;
  let client;
  before(async () => {
    server = await startServer();
    client = createClient({ socket: { path: server.path } });
    client.on("error", () => {}); // The server goes at the end of the file.
    await client.connect();
  });
  after(() => client.destroy());

  const newStore = (options) => new SessionsStore({ client, app: `app${apps++}`, ...options });
  const usual = () => new RedisStore({ client, prefix: `usual${apps++}:` });

  /** A site with routes by which a test reads, changes and holds its session. */
  async function site(t, store, options = {}) {
    const app = express();
    const gates = new EventEmitter();
    app.use(session({ secret: "cats", resave: false, saveUninitialized: false, store, ...options }));
    app.get("/read", (req, res) => res.json({ ...req.session, cookie: undefined }));
    app.get("/cookie", (req, res) => res.json(req.session.cookie));
    app.get("/set", (req, res) => {
      for (const [name, value] of Object.entries(req.query)) req.session[name] = JSON.parse(value);
      res.json(null);
    });
    app.get("/delete", (req, res) => {
      for (const name of Object.keys(req.query)) delete req.session[name];
      res.json(null);
    });
    app.get("/slow", async (req, res) => {
      const { held, ...rest } = req.query;
      gates.emit(`${held} arrived`);
      await once(gates, `${held} go`);
      for (const [name, value] of Object.entries(rest)) req.session[name] = JSON.parse(value);
      res.json(null);
    });
    app.get("/login", (req, res, next) => {
      const { user, keep } = req.query;
      const done = (error) => {
        if (error) return next(error);
        req.session.passport = { user };
        req.session.save((failure) => (failure ? next(failure) : res.json(null)));
      };
      if (keep) done();
      else req.session.regenerate(done);
    });
    app.get("/logout", (req, res, next) =>
      req.session.destroy((error) => (error ? next(error) : res.json(null))),
    );
    app.get("/others", async (req, res) => res.json(await store.endOthers(req)));
    app.use((error, _req, res, _next) => res.status(500).json({ message: error.message, code: error.code }));
    const address = await listen(t, app);
    return { gates, browser: () => new Browser(address) };
  }

  /** Starts a request that is held, and returns the function that lets it go. */
  async function hold({ gates }, browser, name, query) {
    const arrived = once(gates, `${name} arrived`);
    const response = browser.get(`/slow?held=${name}&${query}`);
    await arrived;
    return () => {
      gates.emit(`${name} go`);
      return response;
    };
  }

  async function commands() {
    const text = await ask(server.address, "INFO commandstats");
    return [...text.matchAll(/^cmdstat_([\w.|]+):calls=(\d+)/gm)].map(([, name, calls]) => [
      name,
      Number(calls),
    ]);
  }

  /** What the server was asked while `run` ran, by name. */
  async function asked(run) {
    const before = new Map(await commands());
    await run();
    const since = (await commands()).map(([name, calls]) => [name, calls - (before.get(name) ?? 0)]);
    return Object.fromEntries(
      since.filter(([name, calls]) => calls > 0 && !/^(info|hello|client)/.test(name)),
    );
  }

  describe("what the usual store gets wrong", () => {
    const parallel = async (t, store) => {
      const shop = await site(t, store);
      const browser = shop.browser();
      await browser.get("/set?user=1");
      const one = await hold(shop, browser, "one", "a=1");
      const two = await hold(shop, browser, "two", "b=2");
      await one();
      await two();
      return browser.json("/read");
    };

    it("two requests at once that change different keys lose nothing", async (t) => {
      assert.deepEqual(await parallel(t, usual()), { user: 1, b: 2 }, "connect-redis loses a");
      assert.deepEqual(await parallel(t, newStore()), { user: 1, a: 1, b: 2 });
    });

    const logout = async (t, store) => {
      const shop = await site(t, store);
      const browser = shop.browser();
      await browser.get('/set?user="ann"');
      const slow = await hold(shop, browser, "slow", "seen=1");
      await browser.get("/logout");
      const { status } = await slow();
      return [status, await browser.json("/read")];
    };

    it("a session that was ended during a slow request stays dead, and the request succeeds", async (t) => {
      assert.deepEqual(await logout(t, usual()), [200, { user: "ann", seen: 1 }], "connect-redis revives it");
      const store = newStore();
      const ended = once(store, "ended");
      assert.deepEqual(await logout(t, store), [200, {}]);
      const [{ sid }] = await ended;
      assert.match(sid, /^[0-9a-f]{16}$/);
      assert.equal(await store.length(), 0);
    });

    it("a request asks the server once, not twice", async (t) => {
      for (const [store, expected] of [
        [usual(), { get: 5, expire: 5 }],
        [newStore(), { "sessions.get": 5 }],
      ]) {
        const { browser } = await site(t, store, { cookie: { maxAge: 60_000 } });
        const one = browser();
        await one.get("/set?a=1");
        const names = await asked(async () => {
          for (let n = 0; n < 5; n++) await one.get("/read");
        });
        assert.deepEqual(names, expected);
      }
    });

    it("a user's sessions are listed and ended without SCAN; others keep theirs", async (t) => {
      const store = newStore();
      const shop = await site(t, store);
      const browsers = [shop.browser(), shop.browser(), shop.browser()];
      for (const browser of browsers) {
        await browser.get("/login?user=ann", { headers: { "user-agent": "test" } });
      }
      const bob = shop.browser();
      await bob.get("/login?user=bob");
      const names = await asked(async () => {
        const devices = await store.sessionsOf("ann");
        assert.equal(devices.length, 3);
        assert.equal(devices[0].ua, "test");
        assert.equal(devices[0].ip, "127.0.0.1");
        assert.equal("d" in devices[0], false);
        assert.equal(await browsers[0].json("/others"), 2);
      });
      assert.equal("scan" in names, false);
      const users = await Promise.all([...browsers, bob].map((browser) => browser.json("/read")));
      assert.deepEqual(users, [{ passport: { user: "ann" } }, {}, {}, { passport: { user: "bob" } }]);
      assert.equal(await store.endAll("ann"), 1);
      assert.equal(await store.endAll("bob", { only: (await store.sessionsOf("bob"))[0].sid }), 1);
    });

    it("a session id from before the log-in is of no use after it", async (t) => {
      const shop = await site(t, newStore());
      const browser = shop.browser();
      await browser.get("/set?cart=1");
      const planted = browser.cookies["connect.sid"];
      await browser.get("/login?user=ann");
      const thief = shop.browser();
      thief.setCookie("connect.sid", planted);
      assert.deepEqual(await thief.json("/read"), {});
      assert.deepEqual(await browser.json("/read"), { passport: { user: "ann" } });
    });

    it("a request that began before the log-in changes nothing after it", async (t) => {
      const store = newStore();
      const shop = await site(t, store);
      const browser = shop.browser();
      await browser.get("/set?cart=1");
      const slow = await hold(shop, browser, "slow", "cart=2");
      await browser.get("/login?user=ann&keep=1");
      await slow();
      assert.deepEqual(await browser.json("/read"), { cart: 1, passport: { user: "ann" } });
    });
  });

  describe("what is stored", () => {
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
      await client.sendCommand(["SESSIONS.SAVE", store.sessions.app, token, text, "XX"]);
      assert.deepEqual(Object.keys(await one.json("/read")), ["big", "one"]);
      await one.get("/set?b=2");
      const reply = await client.sendCommand(["SESSIONS.PEEK", store.sessions.app, token, "JSON"]);
      assert.match(reply, /"d":\{"big":12345678901234567890,"one":1\.0,"b":2\}/);
    });

    it("nothing changed and the same time-out: nothing is written, whatever resave says", async (t) => {
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
      // Another request writes meanwhile: the whole data is put together again.
      const slow = await hold(shop, browser, "slow", "b=null");
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

    it("a time-out that is no number is an error, not the end of the session", async () => {
      const store = newStore({ ttl: () => undefined });
      await assert.rejects(store.set("sid", { cookie: {} }), /ttl must be a number/);
      await assert.rejects(store.touch("sid", { cookie: {} }), /ttl must be a number/);
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

    it("merge: false stores all that the request has", async (t) => {
      const shop = await site(t, newStore({ merge: false }));
      const browser = shop.browser();
      await browser.get("/set?user=1");
      const one = await hold(shop, browser, "one", "a=1");
      const two = await hold(shop, browser, "two", "b=2");
      await one();
      await two();
      assert.deepEqual(await browser.json("/read"), { user: 1, b: 2 });
    });

    it("what JSON cannot hold is an error that names it", async () => {
      const store = newStore();
      await assert.rejects(
        store.set("sid", { cookie: {}, cart: { tags: new Map() } }),
        /cart\.tags is a Map/,
      );
    });
  });

  describe("whose session it is", () => {
    it("appears, changes and disappears with what `id` finds; max ends the idlest", async (t) => {
      const store = newStore({ id: ({ user }) => user, max: 2, lifetime: 3600 });
      const shop = await site(t, store);
      const browsers = [shop.browser(), shop.browser(), shop.browser()];
      for (const browser of browsers) {
        await browser.get("/set?cart=1");
        await browser.get("/set?user=7");
      }
      assert.equal((await store.sessionsOf(7)).length, 2);
      assert.ok((await store.sessionsOf(7))[0].until > Date.now() / 1000 + 3500);
      await browsers[2].get('/set?user="bob"');
      assert.deepEqual([(await store.sessionsOf(7)).length, (await store.sessionsOf("bob")).length], [1, 1]);
      await browsers[2].get("/delete?user");
      assert.deepEqual(await store.sessionsOf("bob"), []);
      assert.deepEqual(await browsers[2].json("/read"), { cart: 1 });
    });

    it("a user that another program gave the session stays, where `id` finds none both times", async (t) => {
      const store = newStore();
      const { browser } = await site(t, store);
      const one = browser();
      await one.get("/set?a=1");
      await store.sessions.save(hashed(unsigned(one)), { a: 1 }, { xx: true, id: "ann" });
      await one.get("/set?b=2");
      assert.equal((await store.sessionsOf("ann")).length, 1);
      assert.deepEqual(await one.json("/read"), { a: 1, b: 2 });
    });

    it("reject refuses the log-in", async (t) => {
      const store = newStore({ max: 1, reject: true });
      const shop = await site(t, store);
      await shop.browser().get("/login?user=ann");
      const { status, text } = await shop.browser().get("/login?user=ann");
      assert.deepEqual([status, JSON.parse(text).code], [500, "LIMIT"]);
      assert.equal(await store.sessions.countSoid("ann"), 1);
    });

    it("a log-in that keeps its session id, and sessions without data, are warned of once", async (t) => {
      for (let n = 0; n < 2; n++) {
        const { browser } = await site(t, newStore(), { saveUninitialized: true });
        const one = browser();
        await one.get("/read");
        const planted = one.cookies["connect.sid"];
        await one.get("/login?user=ann&keep=1");
        const thief = browser();
        thief.setCookie("connect.sid", planted);
        assert.deepEqual(await thief.json("/read"), { passport: { user: "ann" } });
      }
      assert.deepEqual(warnings.sort(), ["SESSIONS_FIXATION", "SESSIONS_UNINITIALIZED"]);
    });

    it("passport's log-in gives the session to its user under a new id; the cart goes along if asked for", async (t) => {
      const store = newStore();
      const users = new passport.Passport();
      users.serializeUser((user, done) => done(null, user.name));
      users.deserializeUser((name, done) => done(null, { name }));
      const app = express();
      app.use(session({ secret: "cats", resave: false, saveUninitialized: false, store }));
      app.use(users.session());
      app.get("/cart", (req, res) => {
        req.session.cart = 3;
        res.json(null);
      });
      app.get("/login", (req, res, next) => {
        const options = { keepSessionInfo: req.query.keep === "1" };
        req.login({ name: "ann" }, options, (error) => (error ? next(error) : res.json(null)));
      });
      app.get("/logout", (req, res, next) => req.logout((error) => (error ? next(error) : res.json(null))));
      app.get("/read", (req, res) => res.json([req.user?.name ?? null, req.session.cart ?? null]));
      const address = await listen(t, app);
      for (const [keep, cart] of [
        ["0", null],
        ["1", 3],
      ]) {
        const browser = new Browser(address);
        await browser.get("/cart");
        const planted = hashed(unsigned(browser));
        await browser.get(`/login?keep=${keep}`);
        assert.deepEqual(await browser.json("/read"), ["ann", cart]);
        assert.equal(await store.sessions.exists(planted), false);
        assert.equal((await store.sessionsOf("ann")).length, 1);
        await browser.get("/logout");
        assert.deepEqual(await browser.json("/read"), [null, null]);
        assert.deepEqual(await store.sessionsOf("ann"), []);
      }
    });

    it("in a cluster sessions are kept, and `id` is refused at the start", async (t) => {
      const nodes = await startCluster();
      for (const { cluster, close, name } of CLIENTS) {
        const many = await cluster(nodes.map(({ port }) => port));
        t.after(() => close(many));
        const options = { client: many, app: name.replace(" ", "") };
        assert.throws(
          () => new SessionsStore({ ...options, id: () => 1 }),
          /`id` cannot be used in a cluster/,
        );
        const store = new SessionsStore(options);
        const { browser } = await site(t, store);
        const one = browser();
        await one.get("/login?user=ann");
        assert.deepEqual(await one.json("/read"), { passport: { user: "ann" } });
        assert.equal(await store.length(), 1);
      }
    });
  });

  describe("called directly", () => {
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
