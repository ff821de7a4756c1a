// What connect-redis gets wrong under express-session, and this store does not.
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { SessionsStore } from "sessions-for-redis/express";
import { site, unsigned, useExpress } from "./support/express.mjs";
import { changeAtOnce, warnings } from "./support/store.mjs";

describe("express-session with the usual store and with this one", () => {
  const { newStore, usual, asked } = useExpress();

  const parallel = async (t, store) => (await changeAtOnce(await site(t, store))).json("/read");

  it("two requests at once that change different keys lose nothing", async (t) => {
    assert.deepEqual(await parallel(t, usual()), { user: 1, b: 2 }, "connect-redis loses a");
    assert.deepEqual(await parallel(t, newStore()), { user: 1, a: 1, b: 2 });
  });

  const logout = async (t, store) => {
    const shop = await site(t, store);
    const browser = shop.browser();
    await browser.get('/set?user="ann"');
    const slow = await shop.hold(browser, "slow", "seen=1");
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

  /** What the server is asked for ann's three sessions and for the end of all but the browser's. */
  const listedAndEnded = (store, browser) =>
    asked(async () => {
      if (store instanceof SessionsStore) {
        assert.equal((await store.sessionsOf("ann")).length, 3);
        assert.equal(await browser.json("/others"), 2);
        return;
      }
      // connect-redis knows no users: a site reads everybody's sessions.
      const anns = (await store.all()).filter(({ passport }) => passport?.user === "ann");
      assert.equal(anns.length, 3);
      for (const { id } of anns) if (id !== unsigned(browser)) await store.destroy(id);
    });

  /** The same twice, the second time with 400 more sessions of others. */
  const amongMany = async (t, store) => {
    const { browser } = await site(t, store);
    const [ann, bob] = [browser(), browser()];
    await ann.get("/login?user=ann");
    await bob.get("/login?user=bob");
    const names = [];
    for (const others of [0, 400]) {
      const numbers = Array.from({ length: others }, (_, n) => `${n}`);
      await Promise.all(numbers.map((sid) => store.set(sid, { cookie: {}, passport: { user: sid } })));
      const two = [browser(), browser()];
      for (const one of two) await one.get("/login?user=ann");
      names.push(await listedAndEnded(store, ann));
      const read = await Promise.all([...two, ann, bob].map((one) => one.json("/read")));
      const users = read.map(({ passport }) => passport?.user);
      assert.deepEqual(users, [undefined, undefined, "ann", "bob"]);
    }
    return names;
  };

  it("a user's sessions are listed and ended without SCAN, however many sessions others have", async (t) => {
    const [few, many] = await amongMany(t, usual());
    assert.deepEqual(Object.keys(few).sort(), ["del", "mget", "scan"]);
    assert.ok(many.scan > few.scan, `connect-redis scans all keys: ${few.scan} and ${many.scan} calls`);
    const ours = { "sessions.soid": 1, "sessions.get": 1, "sessions.killsoid": 1 };
    assert.deepEqual(await amongMany(t, newStore()), [ours, ours]);
  });

  it("a user's sessions have the browser and its address, and no data", async (t) => {
    const store = newStore();
    const one = (await site(t, store)).browser();
    await one.get("/login?user=ann", { headers: { "user-agent": "test" } });
    const [{ ua, ip, sid, ...rest }] = await store.sessionsOf("ann");
    assert.deepEqual([ua, ip, "d" in rest], ["test", "127.0.0.1", false]);
    assert.equal(await one.json("/sid"), sid);
    assert.equal(await store.endAll("ann", { only: sid }), 1);
    assert.equal(await store.endAll("ann"), 0);
  });

  const planted = async (t, store, login) => {
    const { browser } = await site(t, store);
    const one = browser();
    await one.get("/set?cart=1");
    const thief = browser();
    thief.setCookie("connect.sid", one.cookies["connect.sid"]);
    await one.get(login);
    assert.deepEqual((await one.json("/read")).passport, { user: "ann" });
    return thief.json("/read");
  };

  it("a log-in that keeps the session id of before is warned of", async (t) => {
    const anns = { cart: 1, passport: { user: "ann" } };
    const login = "/login?user=ann&keep=1";
    assert.deepEqual(await planted(t, usual(), login), anns);
    assert.deepEqual(warnings, [], "connect-redis says nothing");
    assert.deepEqual(await planted(t, newStore(), login), anns);
    assert.deepEqual(warnings, ["SESSIONS_FIXATION"]);
  });

  it("a session id from before the log-in is of no use after it", async (t) => {
    assert.deepEqual(await planted(t, newStore(), "/login?user=ann"), {});
  });

  const early = async (t, store) => {
    const shop = await site(t, store);
    const browser = shop.browser();
    await browser.get("/set?cart=1");
    const slow = await shop.hold(browser, "slow", "cart=2");
    await browser.get("/login?user=ann&keep=1");
    await slow();
    return browser.json("/read");
  };

  it("a request that began before the log-in changes nothing after it", async (t) => {
    assert.deepEqual(await early(t, usual()), { cart: 2 }, "connect-redis undoes the log-in");
    assert.deepEqual(await early(t, newStore()), { cart: 1, passport: { user: "ann" } });
  });
});
