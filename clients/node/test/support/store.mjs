// What the tests of the stores share, whatever the framework.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { after, before, it } from "node:test";
import { createClient } from "redis";
import { startServer } from "./server.mjs";

export const hashed = (text) => createHash("sha256").update(text).digest("hex");

let apps = 0;
export const newApp = () => `app${apps++}`;

/** The codes of this package's warnings. */
export const warnings = [];
process.on("warning", ({ name, code }) => name === "SessionsWarning" && warnings.push(code));

/** To be called in a suite: starts a server and a client for it, and ends the client after it. */
export function useServer() {
  const its = {};
  before(async () => {
    its.server = await startServer();
    its.client = createClient({ socket: { path: its.server.path } });
    its.client.on("error", () => {}); // The server goes at the end of the file.
    await its.client.connect();
  });
  after(() => its.client.destroy());
  return its;
}

/** For a site's route /slow, which awaits `held` and then sets what its query names. */
export function holding() {
  const gates = new EventEmitter();
  return {
    async held(name) {
      gates.emit(`${name} arrived`);
      await once(gates, `${name} go`);
    },
    /** Starts a request that is held, and returns the function that lets it go. */
    async hold(browser, name, query) {
      const arrived = once(gates, `${name} arrived`);
      const response = browser.get(`/slow?held=${name}&${query}`);
      await arrived;
      return () => {
        gates.emit(`${name} go`);
        return response;
      };
    },
  };
}

/** Two simultaneous requests that change different keys; returns their browser. */
export async function changeAtOnce(shop) {
  const browser = shop.browser();
  await browser.get("/set?user=1");
  const one = await shop.hold(browser, "one", "a=1");
  const two = await shop.hold(browser, "two", "b=2");
  await one();
  await two();
  return browser;
}

/**
 * Ends another session of a user whom another language has logged in: the data do not say whose
 * they are.
 */
export async function endOthersOfAnother({ store, shop, tokenOf }) {
  const browser = shop.browser();
  await browser.get("/set?cart=1");
  const token = tokenOf(browser);
  await store.sessions.save(token, (await store.sessions.peek(token)).d, { xx: true, id: "ann" });
  await store.sessions.create("ann");
  assert.equal(await browser.json("/others"), 1);
  assert.deepEqual([await store.sessions.countSoid("ann"), await store.sessions.exists(token)], [1, true]);
}

/** The tests that are the same for each framework with `regenerate`. */
export function itEndsAndLogsIn({ newStore, site, tokenOf }) {
  it("an ended session stays ended", async (t) => {
    const store = newStore();
    const shop = await site(t, store);
    const browser = shop.browser();
    await browser.get("/set?a=1");
    const slow = await shop.hold(browser, "slow", "b=1");
    await browser.get("/logout");
    const ended = once(store, "ended");
    assert.equal((await slow()).status, 200);
    await ended;
    assert.equal(await store.length(), 0);
  });

  it("the other devices of a user whom another language has logged in are ended", async (t) => {
    const store = newStore();
    await endOthersOfAnother({ store, shop: await site(t, store, { saveUninitialized: false }), tokenOf });
  });

  it("a log-in keeps the cart under a new session id, and the user's sessions are listed and ended", async (t) => {
    const store = newStore();
    const shop = await site(t, store, { saveUninitialized: false });
    const browsers = [shop.browser(), shop.browser()];
    for (const browser of browsers) {
      await browser.get("/set?cart=1");
      const old = tokenOf(browser);
      await browser.get("/login?user=ann");
      assert.notEqual(tokenOf(browser), old);
      assert.equal(await store.sessions.exists(old), false);
    }
    const sids = (await store.sessionsOf("ann")).map(({ sid }) => sid).sort();
    const own = await Promise.all(browsers.map((browser) => browser.json("/sid")));
    assert.deepEqual(own.sort(), sids);
    assert.equal(await browsers[0].json("/others"), 1);
    assert.deepEqual(await browsers[1].json("/read"), {});
    assert.deepEqual(await browsers[0].json("/read"), { cart: 1, passport: { user: "ann" } });
    assert.equal(await store.endAll("ann"), 1);
    assert.deepEqual([await store.all(), await store.ids()], [[], []]);
    assert.ok(!warnings.includes("SESSIONS_FIXATION"), "the session has a new id already when it is stored");
  });
}

// What another program may have written into a session: no framework makes such cookies and ends.
const ODD = [
  { cookie: { path: 5, originalMaxAge: 60_000 } },
  { cookie: { path: "/;", domain: [], secure: "yes", httpOnly: 1 } },
  { cookie: { domain: 5, sameSite: 7, priority: 7, partitioned: "x", originalMaxAge: 60_000 } },
  { cookie: { originalMaxAge: "soon" } },
  { cookie: { originalMaxAge: 1e300 } },
  { cookie: { maxAge: "soon", expires: "soon", _expires: "soon", toJSON: 1, data: 1, serialize: 1 } },
  { cookie: 5 },
  { cookie: [] },
  { _maxAge: "soon", _expire: "soon" },
  { _maxAge: 1e300, _expire: null },
  { passport: 5 },
];

export function itServesOddSessions({ newStore, site, tokenOf }) {
  it("a session that another program wrote makes no request fail or wait", async (t) => {
    const store = newStore();
    const shop = await site(t, store);
    for (const odd of ODD) {
      const what = JSON.stringify(odd);
      const browser = shop.browser();
      await browser.get("/set?a=1");
      const token = tokenOf(browser);
      const { d } = await store.sessions.peek(token);
      await store.sessions.save(token, { ...d, ...odd, a: 2 });
      const soon = () => ({ signal: AbortSignal.timeout(10_000) });
      const read = await browser.get("/read", soon());
      assert.equal(read.status, 200, `${what}: ${read.text}`);
      assert.equal(JSON.parse(read.text).a, 2, what);
      const set = await browser.get("/set?b=3", soon());
      assert.equal(set.status, 200, `${what}: ${set.text}`);
      assert.equal((await store.sessions.peek(token)).d.b, 3, what);
    }
  });
}
