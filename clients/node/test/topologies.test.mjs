// A pool, Sentinel and a cluster: where commands go, and that whole-app calls cover all primaries.
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { CrossSlotError, Sessions, SessionsError } from "sessions-for-redis";
import { CLIENTS } from "./support/clients.mjs";
import { ask, startCluster, startSentinel, startServer, until } from "./support/server.mjs";

async function redirections(nodes) {
  let sum = 0;
  for (const node of nodes) {
    const stats = await ask(node.address, "INFO errorstats");
    sum += Number(/errorstat_MOVED:count=(\d+)/.exec(stats)?.[1] ?? 0);
  }
  return sum;
}

describe("a cluster", () => {
  let nodes;
  before(async () => {
    nodes = await startCluster();
  });

  for (const { name, cluster, close } of CLIENTS) {
    it(`is served by ${name}: commands go to the node of the token or id, whole-app calls to all`, async (t) => {
      const client = await cluster(nodes.map(({ port }) => port));
      t.after(() => close(client));
      const sessions = new Sessions(client, { app: name.replace(" ", "") });
      assert.equal(sessions.isCluster, true);
      assert.equal(await sessions.count(), 0);
      const moved = await redirections(nodes);
      const tokens = new Map();
      for (let n = 0; n < 30; n++) {
        const token = await sessions.create(`u${n}`, { data: { n } });
        tokens.set(`u${n}`, token);
        assert.equal((await sessions.get(token)).d.n, n);
        assert.equal((await sessions.set(token, { n: n + 1 })).w, 2);
        assert.equal(await sessions.countSoid(`u${n}`), 1);
      }
      for (let n = 0; n < 30; n++) await sessions.create(null);
      assert.equal(await redirections(nodes), moved);
      for (const node of nodes) {
        assert.notEqual(await ask(node.address, `SESSIONS.COUNT ${sessions.app}`), ":0", "visitors spread");
      }

      assert.equal(await sessions.count(), 60);
      assert.equal(await sessions.activity(600), 30);
      assert.deepEqual((await sessions.users(600)).sort(), [...tokens.keys()].sort());
      const all = await sessions.soapp(600, { noData: true });
      assert.equal(all.length, 60);
      assert.deepEqual(
        all.map(({ idle }) => idle),
        all.map(({ idle }) => idle).sort((a, b) => a - b),
      );
      // The order moves when a second passes between two pages, or between two nodes of one.
      await until("three pages that show each session once", async () => {
        const pages = [];
        for (let offset = 0; offset < 60; offset += 20) {
          const page = await sessions.soapp(600, { offset, limit: 20 });
          assert.equal(page.length, 20);
          pages.push(...page);
        }
        return new Set(pages.map(({ sid }) => sid)).size === 60;
      });
      const users = []; // They are in the order of the nodes.
      for (let offset = 0; offset < 30; offset += 7)
        users.push(...(await sessions.users(600, { offset, limit: 7 })));
      assert.equal(new Set(users).size, 30);

      await assert.rejects(async () => {
        for (let n = 0; n < 30; n++) await sessions.rotate(tokens.get("u0"), { id: `other${n}` });
      }, CrossSlotError);
      assert.equal(await sessions.killSoid("u7"), 1);
      assert.equal(await sessions.killAll(), 59);
    });
  }

  for (const { name, cluster, close } of CLIENTS) {
    it(`over ${name}, killAll is sent to every primary and the error says what was done`, async (t) => {
      const client = await cluster(nodes.map(({ port }) => port));
      t.after(() => close(client));
      const sessions = new Sessions(client, { app: "partly" });
      for (const failing of nodes) {
        for (let n = 0; n < 30; n++) await sessions.create(null);
        const left = Number((await ask(failing.address, "SESSIONS.COUNT partly")).slice(1));
        assert(left > 0 && left < 30);
        await ask(failing.address, "CONFIG SET min-replicas-to-write 1");
        const ended = `(2 of 3 primaries ended ${30 - left} sessions; repeat the call for the others)`;
        await assert
          .rejects(sessions.killAll(), (error) => {
            assert.equal(error.code, "NOREPLICAS");
            return error instanceof SessionsError && error.message.endsWith(ended);
          })
          .finally(() => ask(failing.address, "CONFIG SET min-replicas-to-write 0"));
        assert.equal(await sessions.count(), left);
        assert.equal(await sessions.killAll(), left);
      }
    });
  }

  for (const { name, cluster, close } of CLIENTS) {
    it(`over ${name}, a command waits while its hash slot moves`, async (t) => {
      const client = await cluster(nodes.map(({ port }) => port));
      t.after(() => close(client));
      const sessions = new Sessions(client, { app: "moving" });
      const id = name;
      const slot = Number((await ask(nodes[0].address, `CLUSTER KEYSLOT "${id}"`)).slice(1));
      const owner = nodes[Math.floor(slot / 5461.34)];
      const target = nodes.find((node) => node !== owner);
      const [from, to] = await Promise.all(
        [owner, target].map(({ address }) => ask(address, "CLUSTER MYID")),
      );
      const token = await sessions.create(id);
      const refused = async () => {
        const stats = await ask(target.address, "INFO errorstats");
        return Number(/errorstat_TRYAGAIN:count=(\d+)/.exec(stats)?.[1] ?? 0);
      };
      const before = await refused();
      await ask(target.address, `CLUSTER SETSLOT ${slot} IMPORTING ${from.split("\r\n")[1]}`);
      await ask(owner.address, `CLUSTER SETSLOT ${slot} MIGRATING ${to.split("\r\n")[1]}`);
      const read = sessions.get(token);
      await until("a refusal", async () => (await refused()) > before);
      for (const node of [owner, target]) await ask(node.address, `CLUSTER SETSLOT ${slot} STABLE`);
      assert.equal((await read).id, id);
    });
  }
});

describe("Sentinel", () => {
  let sentinel;
  before(async () => {
    const server = await startServer({ tcp: true });
    sentinel = await startSentinel(server);
    await until("the sentinel has found the server", async () =>
      (await ask(sentinel.address, "SENTINEL ckquorum mymaster")).startsWith("+OK"),
    );
  });

  for (const { name, sentinel: connect, close } of CLIENTS) {
    it(`is served by ${name}`, async (t) => {
      const client = await connect(sentinel.port);
      t.after(() => close(client));
      const sessions = new Sessions(client, { app: "webapp" });
      const token = await sessions.create("u1", { data: { a: 1 } });
      assert.deepEqual((await sessions.get(token)).d, { a: 1 });
      assert.equal(await sessions.killAll(), 1);
    });
  }
});

describe("a pool", () => {
  for (const { name, pool } of CLIENTS) {
    if (!pool) continue;
    it(`of ${name} serves`, async (t) => {
      const server = await startServer();
      const client = await pool(server.address);
      t.after(() => client.destroy());
      const sessions = new Sessions(client, { app: "webapp" });
      const token = await sessions.create("u1", { data: { a: 1 } });
      assert.deepEqual((await sessions.get(token)).d, { a: 1 });
      assert.equal(await sessions.killAll(), 1);
    });
  }
});
