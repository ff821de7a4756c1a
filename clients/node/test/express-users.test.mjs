// Whose a session of express-session is.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import express from "express";
import session from "express-session";
import passport from "passport";
import { SessionsStore } from "sessions-for-redis/express";
import { CLIENTS } from "./support/clients.mjs";
import { site, unsigned, useExpress } from "./support/express.mjs";
import { startCluster } from "./support/server.mjs";
import { Browser, listen } from "./support/site.mjs";
import { endOthersOfAnother, hashed, warnings } from "./support/store.mjs";

describe("whose session it is", () => {
  const { newStore } = useExpress();

  it("a user whose id is an ObjectId has the sessions from the log-in on", async () => {
    class ObjectId {
      toJSON() {
        return "65f0c0ffee";
      }
    }
    for (const [options, data] of [
      [{}, { passport: { user: new ObjectId() } }],
      [{ id: ({ user }) => user }, { user: new ObjectId() }],
    ]) {
      const store = newStore(options);
      await store.set("sid", { cookie: {}, ...data });
      assert.equal((await store.sessionsOf(new ObjectId())).length, 1);
      const read = await store.get("sid");
      await store.set("sid", Object.assign(read, data, { cart: 1 }));
      assert.equal(await store.endAll("65f0c0ffee"), 1);
    }
  });

  it("a function `id` that returns an object is an error that says so", async () => {
    const store = newStore({ id: ({ user }) => user });
    await assert.rejects(store.set("sid", { cookie: {}, user: { name: "ann" } }), {
      name: "TypeError",
      message: "what the function `id` returns must be a string or a number, not a value of the type object",
    });
    await assert.rejects(
      store.endAll(undefined),
      /^TypeError: id must be a string or a number, not undefined$/,
    );
    for (const user of [undefined, null, false, ""]) await store.set("sid", { cookie: {}, user });
    assert.equal((await store.sessions.peek(hashed("sid"))).id, undefined);
  });

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

  it("the other devices of a user whom another language has logged in are ended", async (t) => {
    const store = newStore();
    await endOthersOfAnother({ store, shop: await site(t, store), tokenOf: (one) => hashed(unsigned(one)) });
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
      assert.throws(() => new SessionsStore({ ...options, id: () => 1 }), /`id` cannot be used in a cluster/);
      const store = new SessionsStore(options);
      const { browser } = await site(t, store);
      const one = browser();
      await one.get("/login?user=ann");
      assert.deepEqual(await one.json("/read"), { passport: { user: "ann" } });
      assert.equal(await store.length(), 1);
    }
  });
});
