// The rules for the wipe and the index of users, written with the calls of redisess 2.6.0. The
// module's side does the same with its commands.
"use strict";
const Redis = require("ioredis");
const { SessionManager } = require("redisess");

const MANY = 9000;

async function redisess(port) {
  const client = new Redis(port, "127.0.0.1");
  const manager = () => new SessionManager(client, { namespace: "s", ttl: 100, wipeInterval: 3600000 });
  const [one, two] = [manager(), manager()];
  const old = String(Math.floor(Date.now() / 1000) - 200);
  return {
    create: async (id) => (await one.create(id)).sessionId,
    timeOut: async (tokens) => {
      const pipeline = client.pipeline();
      for (const token of tokens) {
        pipeline.hmset(`s:sess_${token}`, "la", old, "ex", old);
        pipeline.zadd("s:EXPIRES", old, token);
      }
      await pipeline.exec();
    },
    loseHash: (token) => client.del(`s:sess_${token}`),
    wipe: () => one.wipe().catch(() => null),
    kill: (token) => one.kill(token),
    get: async (token) => (await two.get(token)) ?? null,
    exists: (token) => one.exists(token),
    users: () => one.getAllUsers(),
    count: () => one.count(),
    clear: () => client.flushall(),
    quit: async () => {
      one.quit();
      two.quit();
      await client.quit();
    },
  };
}

async function module_(port) {
  const [client, other] = [new Redis(port, "127.0.0.1"), new Redis(port, "127.0.0.1")];
  const old = String(Math.floor(Date.now() / 1000) - 20000);
  return {
    create: (id) => client.call("SESSIONS.CREATE", "web", id, "TTL", "100"),
    timeOut: async (tokens) => {
      const pipeline = client.pipeline();
      for (const token of tokens) {
        pipeline.hset(`rs:web:${token}`, "la", old);
        pipeline.zadd("rs:SESSIONS", old, `web:${token}:u1`);
      }
      await pipeline.exec();
    },
    loseHash: (token) => client.del(`rs:web:${token}`),
    wipe: () => client.call("SESSIONS.WIPE"),
    kill: (token) => client.call("SESSIONS.KILL", "web", token),
    get: (token) => other.call("SESSIONS.GET", "web", token, "JSON"),
    exists: async (token) => (await client.call("SESSIONS.EXISTS", "web", token)) === 1,
    users: () => client.call("SESSIONS.USERS", "web", "0"),
    count: () => client.call("SESSIONS.COUNT", "web"),
    clear: () => client.flushall(),
    quit: () => Promise.all([client.quit(), other.quit()]),
  };
}

const once = async (test) => ({ broken: (await test()) ? 0 : 1, of: 1 });

const tests = [
  {
    name: "10 one missing hash does not stop the wipe",
    run: (store) =>
      once(async () => {
        const tokens = [await store.create("u1"), await store.create("u1"), await store.create("u1")];
        await store.timeOut(tokens);
        await store.loseHash(tokens[1]);
        await store.wipe();
        return (await store.count()) === 0;
      }),
  },
  {
    name: `10 ${MANY} timed-out sessions do not stop the wipe`,
    run: (store) =>
      once(async () => {
        const tokens = await Promise.all(Array.from({ length: MANY }, () => store.create("u1")));
        await store.timeOut(tokens);
        await store.wipe();
        return (await store.count()) === 0;
      }),
  },
  {
    name: "11 the index of users shrinks",
    run: (store) =>
      once(async () => {
        await store.kill(await store.create("u1"));
        return (await store.users()).length === 0;
      }),
  },
  {
    name: "11 a get beside a kill revives nothing",
    run: async (store) => {
      const tries = Number(process.env.TRIES || 2000);
      let broken = 0;
      for (let round = 0; round < tries; round += 1) {
        const token = await store.create("u1");
        await Promise.all([store.kill(token), store.get(token)]);
        if (await store.exists(token)) broken += 1;
        await store.clear();
      }
      return { broken, of: tries };
    },
  },
  {
    name: "11 a get revives no expired session",
    run: (store) =>
      once(async () => {
        const token = await store.create("u1");
        await store.timeOut([token]);
        return (await store.get(token)) === null;
      }),
  },
];

module.exports = { tests, redisess, module_ };
