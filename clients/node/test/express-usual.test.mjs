// What connect-redis gets wrong under express-session, and this store does not.
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { site, useExpress } from "./support/express.mjs";
import { changeAtOnce } from "./support/store.mjs";

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
    const slow = await shop.hold(browser, "slow", "cart=2");
    await browser.get("/login?user=ann&keep=1");
    await slow();
    assert.deepEqual(await browser.json("/read"), { cart: 1, passport: { user: "ann" } });
  });
});
