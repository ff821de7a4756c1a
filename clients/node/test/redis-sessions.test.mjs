// The drop-ins and the originals on one server: the same replies, errors and order of properties.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import RedisSessions from "sessions-for-redis/redis-sessions";
import RedisSessionsV3 from "sessions-for-redis/redis-sessions/v3";
import { ask, startServer, until } from "./support/server.mjs";

const require = createRequire(import.meta.url);
const Original = require("redis-sessions-4").default;
const OriginalV3 = require("redis-sessions-3");

const APP = { app: "webapp" };
const TOKEN = "0".repeat(64);
const WRONG = [
  ["get", {}],
  ["get", { app: "a" }],
  ["get", { app: "x".repeat(21) }],
  ["get", APP],
  ["get", { ...APP, token: "short" }],
  ["create", APP],
  ["create", { ...APP, id: "two\nlines" }],
  ["create", { ...APP, id: "u1" }],
  ["create", { ...APP, id: "u1", ip: "x".repeat(40) }],
  ["create", { ...APP, id: "u1", ip: "::1", ttl: 9 }],
  ["create", { ...APP, id: "u1", ip: "::1", ttl: "no" }],
  ["create", { ...APP, id: "u1", ip: "::1", d: [] }],
  ["create", { ...APP, id: "u1", ip: "::1", d: {} }],
  ["set", { ...APP, token: TOKEN }],
  ["set", { ...APP, token: TOKEN, d: "text" }],
  ["set", { ...APP, token: TOKEN, d: { list: [] } }],
  ["kill", { ...APP, token: 1 }],
  ["killall", {}],
  ["killsoid", APP],
  ["soid", APP],
];
const WRONG_TIMES = [undefined, "no", 9, -10];

const facts = (error) => ({ name: error.name, message: error.message });

/** A session as text, to compare the order too; without what time changes. */
const steady = ({ idle, ttl, ...session }) => {
  assert.ok(idle >= 0 && idle < 60);
  return JSON.stringify({ ...session, ttl: ttl > 7000 ? 7200 : ttl });
};
/** The names of a session's properties, in their order. */
const names = (session) => Object.keys(session).join(" ");

async function failure(use) {
  try {
    await use();
  } catch (error) {
    return facts(error);
  }
  throw new Error("no failure");
}

describe("redis-sessions 4", () => {
  let server;
  let ours;
  let original;
  before(async () => {
    server = await startServer({ tcp: true });
    ours = new RedisSessions({ port: server.port });
    original = new Original({ port: server.port, wipe: 0 });
    assert.equal(await ours.ping(), "PONG");
  });
  after(() => Promise.all([ours.quit(), original.quit()]));

  it("wrong arguments have the original's error", async () => {
    const times = WRONG_TIMES.flatMap((deltaTime) => [
      ["activity", { ...APP, deltaTime }],
      ["soapp", { ...APP, deltaTime }],
    ]);
    for (const [method, options] of [...WRONG, ...times]) {
      const expected = await failure(() => original[method]({ ...options }));
      assert.deepEqual(
        await failure(() => ours[method]({ ...options })),
        expected,
        `${method} ${JSON.stringify(options)}`,
      );
    }
  });

  it("sessions of each are read, changed and listed by the other, in the same order of properties", async () => {
    for (const [one, other] of [
      [ours, original],
      [original, ours],
    ]) {
      const { token } = await one.create({ ...APP, id: "u1", ip: "::1", ttl: 60, d: { a: 1, gone: null } });
      const bare = await one.create({ ...APP, id: "u1", ip: "::1", no_resave: true });
      const first = { id: "u1", r: 1, w: 1, ttl: 60, idle: 0, ip: "::1", d: { a: 1 } };
      const seen = await other.get({ ...APP, token });
      assert.equal(steady(seen), steady(first));
      assert.equal(names(seen), names(first));
      const changed = { ...first, r: 2, w: 2, d: { a: 1, b: "x" } };
      assert.equal(steady(await one.set({ ...APP, token, d: { b: "x" } })), steady(changed));
      const counting = { id: "u1", r: 1, w: 1, ttl: 7200, idle: 0, ip: "::1", no_resave: true };
      const counted = await other.get({ ...APP, token: bare.token });
      assert.equal(steady(counted), steady(counting));
      assert.equal(names(counted), names(counting));
      assert.deepEqual(await other.activity({ ...APP, deltaTime: 60 }), { activity: 1 });
      assert.equal((await other.soid({ ...APP, id: "u1" })).sessions.length, 2);
      assert.equal((await other.soapp({ ...APP, deltaTime: 60 })).sessions.length, 2);
      assert.deepEqual(await other.kill({ ...APP, token }), { kill: 1 });
      assert.deepEqual(await one.kill({ ...APP, token }), { kill: 0 });
      assert.equal(await one.get({ ...APP, token }), null);
      assert.equal(await one.set({ ...APP, token, d: { a: 1 } }), null);
      assert.deepEqual(await one.killsoid({ ...APP, id: "u1" }), { kill: 1 });
      assert.deepEqual(await other.killall(APP), { kill: 0 });
    }
  });

  it("methods may be passed unbound, and the options do not change", async () => {
    const { create, get } = ours;
    const options = { ...APP, id: "u2", ip: "::1", d: { a: null } };
    const { token } = await create(options);
    assert.deepEqual(options, { ...APP, id: "u2", ip: "::1", d: { a: null } });
    assert.equal("d" in (await get({ ...APP, token })), false);
  });

  it("a cached session is forgotten when another process changes or ends it", async (t) => {
    const cached = new RedisSessions({ port: server.port, cachetime: 600 });
    t.after(() => cached.quit());
    const { token } = await ours.create({ ...APP, id: "u3", ip: "::1", d: { a: 1 } });
    const get = () => cached.get({ ...APP, token });
    await until("a read from the cache", async () => {
      const { r } = await get();
      return (await get()).r === r;
    });
    await ask(server.address, "CONFIG SET sessions.publish-changes yes");
    await ours.set({ ...APP, token, d: { a: 2 } });
    await until("the change is seen", async () => (await get()).d.a === 2);
    await ours.killall(APP);
    await until("the end is seen", async () => (await get()) === null);
    await ask(server.address, "CONFIG SET sessions.publish-changes no");
    const other = new RedisSessions({ port: server.port, cachetime: 600 });
    t.after(() => other.quit());
    const again = (await other.create({ ...APP, id: "u3", ip: "::1", d: { a: 1 } })).token;
    await until("it is cached", async () => {
      const { r } = await cached.get({ ...APP, token: again });
      return (await cached.get({ ...APP, token: again })).r === r;
    });
    await other.kill({ ...APP, token: again });
    await until("the end is seen", async () => (await cached.get({ ...APP, token: again })) === null);
  });

  it("another namespace than the server's is an error, not another place", async (t) => {
    const wrong = new RedisSessions({ port: server.port, namespace: "other" });
    t.after(() => wrong.quit());
    await assert.rejects(wrong.killall(APP), /sessions\.namespace is rs, the option namespace is other/);
  });

  it("the original's own ways to load the class work", () => {
    assert.equal(require("sessions-for-redis/redis-sessions"), RedisSessions);
    assert.equal(require("sessions-for-redis/redis-sessions").default, RedisSessions);
    assert.equal(require("sessions-for-redis/redis-sessions/v3"), RedisSessionsV3);
  });
});

describe("redis-sessions 3", () => {
  let server;
  let ours;
  let original;
  const call = (sessions, method, options) =>
    new Promise((resolve, reject) => {
      sessions[method](options, (error, reply) => (error ? reject(error) : resolve(reply)));
    });
  before(async () => {
    server = await startServer({ tcp: true });
    ours = new RedisSessionsV3({ port: server.port });
    original = new OriginalV3({ port: server.port, wipe: 0 });
    await once(ours, "connect");
    assert.equal(ours.connected, true);
  });
  after(() => {
    ours.quit();
    original.quit();
  });

  it("wrong arguments have the original's error, at once", async () => {
    const times = WRONG_TIMES.flatMap((dt) => [
      ["activity", { ...APP, dt }],
      ["soapp", { ...APP, dt }],
    ]);
    for (const [method, options] of [...WRONG, ...times]) {
      const expected = await failure(() => call(original, method, { ...options }));
      let found;
      ours[method]({ ...options }, (error) => {
        found = facts(error);
      });
      assert.deepEqual(found, expected, `${method} ${JSON.stringify(options)}`);
    }
  });

  it("replies are the original's, and an absent session is {}", async () => {
    const { token } = await call(ours, "create", { ...APP, id: "u1", ip: "::1", ttl: "60", d: { a: 1 } });
    const expected = { id: "u1", r: 1, w: 1, ttl: 60, idle: 0, ip: "::1", d: { a: 1 } };
    const theirs = await call(original, "get", { ...APP, token });
    assert.equal(steady(theirs), steady(expected));
    const seen = await call(ours, "get", { ...APP, token });
    assert.equal(steady(seen), steady({ ...expected, r: 2 }));
    assert.equal(names(seen), names(theirs));
    assert.deepEqual(await call(ours, "get", { ...APP, token: TOKEN }), {});
    assert.deepEqual(await call(ours, "set", { ...APP, token: TOKEN, d: { a: 1 } }), {});
    assert.deepEqual(await call(ours, "kill", { ...APP, token }), { kill: 1 });
    assert.equal(await promisify(ours.ping)(), "PONG");
  });

  it("what a callback throws is an uncaught exception, and quit lets the program end", async () => {
    const program = (body) => {
      const entry = JSON.stringify(new URL("../dist/redis-sessions/v3.js", import.meta.url).pathname);
      const text = `const rs = new (require(${entry}))({ port: ${server.port} }); ${body}`;
      return spawn(process.execPath, ["-e", text], { stdio: ["ignore", "inherit", "pipe"] });
    };
    const thrown = program("rs.ping(() => { throw new Error('of the callback'); });");
    let errors = "";
    thrown.stderr.on("data", (data) => {
      errors += data;
    });
    assert.deepEqual(await once(thrown, "close"), [1, null]);
    assert.match(errors, /Error: of the callback/);
    assert.doesNotMatch(errors, /unhandled/i);
    assert.deepEqual(await once(program("rs.ping(() => rs.quit());"), "close"), [0, null]);
  });

  it("a command waits as long as the original's, unless options say otherwise", (t) => {
    const timeout = (sessions) => sessions.redis.options.commandOptions.timeout;
    assert.equal(timeout(ours), undefined);
    const limited = new RedisSessionsV3({ port: server.port, options: { commandOptions: { timeout: 50 } } });
    t.after(() => limited.quit());
    assert.equal(timeout(limited), 50);
  });

  it("events tell of a server that goes and comes back; calls fail or wait, and work again", async (t) => {
    const other = await startServer({ tcp: true });
    const sessions = new RedisSessionsV3({ port: other.port });
    t.after(() => sessions.quit());
    await once(sessions, "connect");
    await other.stop();
    await once(sessions, "disconnect");
    assert.equal(sessions.connected, false);
    await other.start();
    if (!sessions.connected) await once(sessions, "connect");
    assert.equal((await call(sessions, "create", { ...APP, id: "u1", ip: "::1" })).token.length, 64);
  });
});
