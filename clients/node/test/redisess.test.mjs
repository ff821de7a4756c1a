// redisess and the entry that takes its place, through the same story.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Redis } from "ioredis";
import * as original from "redisess-2";
import * as ours from "sessions-for-redis/redisess";
import { CLIENTS } from "./support/clients.mjs";
import { startServer } from "./support/server.mjs";

const near = (found, expected) => assert.ok(Math.abs(found - expected) <= 30, `${found}, not ${expected}`);

async function story({ SessionManager, Session }, client) {
  const manager = new SessionManager(client, { namespace: "webapp", ttl: 120, additionalFields: ["peer"] });
  assert.deepEqual(manager.additionalFields, ["peer"]);
  assert.equal(manager.namespace, "webapp");
  assert.equal(manager.ttl, 120);
  const session = await manager.create("u1", { ttl: 60, peer: "203.0.113.7" });
  assert.ok(session instanceof Session);
  const { sessionId } = session;
  for (const one of [session, await manager.get(sessionId), await manager.get(sessionId, true)]) {
    assert.equal(one.sessionId, sessionId);
    assert.equal(one.userId, "u1");
    assert.equal(one.ttl, 60);
    assert.equal(one.peer, "203.0.113.7");
    assert.equal(one.valid, true);
    near(one.lastAccess, Date.now() / 1000);
    near(one.expires, Date.now() / 1000 + 60);
    near(one.expiresIn, 60);
    near(one.idle, 0);
  }
  const when = new Date(0);
  const values = { text: "x", number: 1.5, object: { a: [1] }, when, bytes: Buffer.from([0, 255]) };
  assert.equal(await session.set(values), 5);
  assert.equal(await session.set("more", 1), 1);
  assert.equal(await session.get("text"), "x");
  assert.deepEqual(await session.get(["number", "object"]), [1.5, { a: [1] }]);
  assert.deepEqual(await session.get({ when: 0, bytes: 0 }), { when, bytes: Buffer.from([0, 255]) });
  await session.read();
  await session.write();

  const forever = await manager.create("u1", { ttl: 0 });
  assert.deepEqual([forever.ttl, forever.expires, forever.expiresIn], [0, 0, 0]);
  assert.equal((await manager.get(forever.sessionId)).ttl, 0);
  const other = await manager.create("u2");
  assert.equal(other.ttl, 120);
  assert.equal(await manager.count(), 3);
  assert.equal(await manager.count(60), 3);
  assert.equal(await manager.countForUser("u1", 60), 2);
  assert.deepEqual((await manager.getAllUsers()).sort(), ["u1", "u2"]);
  assert.equal((await manager.getAllSessions(60)).length, 3);
  const ids = [sessionId, forever.sessionId].sort();
  assert.deepEqual((await manager.getUserSessions("u1")).sort(), ids);
  assert.ok(ids.includes((await manager.getOldestUserSession("u1")).sessionId));
  assert.equal(await manager.getOldestUserSession("nobody"), undefined);
  near(await manager.now(), Date.now() / 1000);

  assert.equal(await manager.exists(sessionId), true);
  assert.equal(await manager.kill(sessionId), undefined);
  assert.equal(await manager.exists(sessionId), false);
  assert.equal(await manager.get(sessionId), undefined);
  await session.read();
  assert.equal(session.valid, false);
  await manager.killUser("u1");
  assert.equal(await manager.count(), 1);
  await manager.wipe();
  await manager.killAll();
  assert.equal(await manager.count(), 0);
  for (const method of ["get", "kill", "exists", "create", "countForUser", "killUser", "getUserSessions"]) {
    await assert.rejects(manager[method](""), {
      name: "TypeError",
      message: /^You must provide (userId|sessionId)$/,
    });
  }
  manager.quit();
}

describe("redisess", () => {
  let server;
  let plain;
  before(async () => {
    server = await startServer();
    plain = await startServer({ module: false });
  });

  it("the story is true of the original", async (t) => {
    const client = new Redis({ path: plain.path });
    t.after(() => client.disconnect());
    await story(original, client);
  });

  for (const { name, connect, close } of CLIENTS) {
    it(`and of ours, over ${name}`, async (t) => {
      const client = await connect(server.address);
      t.after(() => close(client));
      await story(ours, client);
    });
  }

  it("a killed session stays dead, where the original revives it", async () => {
    const revived = async ({ SessionManager }, client) => {
      const manager = new SessionManager(client, { namespace: "dead" });
      const session = await manager.create("u1");
      await manager.kill(session.sessionId);
      const outcome = await session.set("cart", 1).catch((error) => error.code);
      manager.quit();
      return [outcome, await manager.exists(session.sessionId)];
    };
    const clients = [new Redis({ path: plain.path }), new Redis({ path: server.path })];
    after(() => clients.map((client) => client.disconnect()));
    assert.deepEqual(await revived(original, clients[0]), [1, true]);
    assert.deepEqual(await revived(ours, clients[1]), ["ENDED", false]);
  });

  it("a key with the name of a method of every object is null until it is stored", async (t) => {
    const [{ connect, close }] = CLIENTS;
    const client = await connect(server.address);
    t.after(() => close(client));
    const session = await new ours.SessionManager(client, { namespace: "names" }).create("u1");
    assert.deepEqual(await session.get(["constructor", "toString", "unknown"]), [null, null, null]);
    await session.set("constructor", 1);
    assert.equal(await session.get("constructor"), 1);
  });

  const FIELDS = ["peer", "group"];

  /** Two managers on one server: the original's, and ours that moves its sessions. */
  async function moving(t, { connect, close }, namespace) {
    const client = await connect(server.address);
    const old = new Redis({ path: server.path });
    const manager = new original.SessionManager(old, {
      ...{ namespace, ttl: 120, additionalFields: FIELDS },
      wipeInterval: 600_000,
    });
    t.after(() => Promise.all([close(client), manager.quit(), old.disconnect()]));
    const options = { namespace: "moved", ttl: 120, additionalFields: FIELDS, from: namespace };
    return { old: manager, manager: new ours.SessionManager(client, options), redis: old };
  }

  for (const [n, one] of CLIENTS.entries()) {
    it(`a session that it has stored goes on under its id, over ${one.name}`, async (t) => {
      const { old, manager, redis } = await moving(t, one, `old:${n}`);
      const session = await old.create(`ann${n}`, { ttl: 60, peer: "203.0.113.7" });
      const when = new Date(0);
      const values = {
        text: "x",
        paid: true,
        number: 1.5,
        object: { a: [1] },
        when,
        bytes: Buffer.from([255]),
      };
      await session.set(values);
      const forever = await old.create(`bob${n}`, { ttl: 0 });
      const { sessionId } = session;
      assert.equal(await manager.exists(sessionId), true);

      const seen = await Promise.all([0, 0, 0].map(() => manager.get(sessionId)));

      for (const { sessionId: id, userId, ttl, peer, group } of seen) {
        const expected = { id: sessionId, userId: `ann${n}`, ttl: 60, peer: "203.0.113.7" };
        assert.deepEqual({ id, userId, ttl, peer }, expected);
        assert.equal(group, undefined);
      }
      assert.deepEqual(await seen[0].get(Object.keys(values)), [
        "x",
        "true",
        1.5,
        { a: [1] },
        when,
        values.bytes,
      ]);
      await seen[0].set("text", "y");
      assert.equal(await (await manager.get(sessionId, true)).get("text"), "y");
      assert.equal(await manager.countForUser(`ann${n}`), 1);
      assert.equal((await manager.get(forever.sessionId)).ttl, 0);
      assert.deepEqual(await redis.keys(`old:${n}:*`), []);
      await seen[1].kill();
      assert.equal(await manager.get(sessionId), undefined);
      assert.equal(await manager.exists(sessionId), false);
    });
  }

  it("a session that it has stored is ended before it has moved, and one whose time is over does not come back", async (t) => {
    const { old, manager, redis } = await moving(t, CLIENTS[0], "older");
    const ids = [];
    for (const user of ["ann", "ann", "bob", "carl", "dora"]) ids.push((await old.create(user)).sessionId);
    await redis.hset(`older:sess_${ids[4]}`, "ex", "1");
    assert.equal(await manager.get(ids[4]), undefined);
    assert.equal(await manager.exists(ids[4]), false);
    await manager.killUser("ann");
    await manager.kill(ids[2]);
    assert.equal(await manager.exists(ids[3]), true);
    await manager.killAll();
    for (const id of ids) assert.equal(await manager.get(id), undefined);
    assert.deepEqual(await redis.keys("older:*"), []);
  });

  it("a session that another request has moved and ended does not come back", async (t) => {
    const { old, manager, redis } = await moving(t, CLIENTS[0], "raced");
    const { sessionId } = await old.create("ann");
    const copy = await redis.hgetall(`raced:sess_${sessionId}`);
    const { call } = redis;
    await manager.get(sessionId);
    await manager.kill(sessionId);
    // What a request sees that has read before and moves now: the hash is gone when it is to be
    // removed.
    const late = new ours.SessionManager(
      {
        isCluster: false,
        sendCommand() {},
        call: async (...words) => {
          const reply = await call.apply(redis, words);
          return words[0] === "HGETALL" ? copy : reply;
        },
      },
      { namespace: "moved", from: "raced" },
    );
    assert.equal(await late.get(sessionId), undefined);
    assert.equal(await manager.exists(sessionId), false);
  });
});
