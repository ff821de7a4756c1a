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
});
