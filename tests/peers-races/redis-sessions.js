// The rules, written with the calls of redis-sessions 4.0.0. Each test counts how often its rule
// was broken. `a` and `b` are two stores on connections of their own, `redis` is a plain client.
"use strict";

const app = "web";
const TRIES = Number(process.env.TRIES || 2000);

async function count(test) {
  let broken = 0;
  for (let round = 0; round < TRIES; round += 1) broken += (await test(round)) ? 0 : 1;
  return { broken, of: TRIES };
}

const once = async (test) => ({ broken: (await test()) ? 0 : 1, of: 1 });
const create = async (a, options) => (await a.create({ app, id: "u1", ip: "127.0.0.1", ttl: 7200, ...options })).token;
const hash = (token) => `rs:${app}:${token}`;
const nothingLeft = async (redis) => (await redis.dbSize()) === 0;

// Varies the delay between the calls of two clients.
async function afterSomeTurns(store, act) {
  for (let turns = Math.floor(Math.random() * 4); turns > 0; turns -= 1) await store.activity({ app, deltaTime: 60 });
  return act();
}

async function age(redis, token, seconds) {
  await redis.hIncrBy(hash(token), "la", -seconds);
}

async function makeDue(redis, token, id) {
  await redis.zAdd("rs:SESSIONS", { score: 1, value: `${app}:${token}:${id}` });
}

const tests = [
  {
    name: "1 two sets of different keys at once both stay",
    run: ({ a, b }) =>
      count(async () => {
        const token = await create(a);
        await Promise.all([a.set({ app, token, d: { a: 1 } }), b.set({ app, token, d: { b: 2 } })]);
        const { d } = await a.get({ app, token });
        return d.a === 1 && d.b === 2;
      }),
  },
  {
    name: "2 a killed session stays dead beside a get or a set",
    run: ({ a, b, redis }) =>
      count(async (round) => {
        const token = await create(a);
        const use = () => (round % 2 ? b.get({ app, token }) : b.set({ app, token, d: { a: 1 } }));
        await Promise.allSettled([a.kill({ app, token }), afterSomeTurns(b, use)]);
        const held = await nothingLeft(redis);
        await redis.flushAll();
        return held;
      }),
  },
  {
    name: "3 of two kills at once one counts",
    run: ({ a, b, redis }) =>
      count(async () => {
        const token = await create(a);
        const both = await Promise.all([a.kill({ app, token }), b.kill({ app, token })]);
        await redis.flushAll();
        return both[0].kill + both[1].kill === 1;
      }),
  },
  {
    name: "3 a kill reads and refreshes nothing",
    run: ({ a, redis }) =>
      once(async () => {
        const token = await create(a);
        await age(redis, token, 60);
        await redis.configResetStat();
        await a.kill({ app, token });
        const stats = await redis.info("commandstats");
        return !/cmdstat_(hincrby|hset):/.test(stats);
      }),
  },
  {
    name: "4 a create beside the kill of the last session is active",
    run: ({ a, b, redis }) =>
      count(async () => {
        const token = await create(a);
        await Promise.all([a.kill({ app, token }), afterSomeTurns(b, () => create(b))]);
        const { activity } = await a.activity({ app, deltaTime: 60 });
        await redis.flushAll();
        return activity === 1;
      }),
  },
  {
    name: "5 a session just refreshed survives the wipe",
    run: ({ a, b, redis }) =>
      count(async () => {
        const token = await create(a, { ttl: 100 });
        await age(redis, token, 50);
        await makeDue(redis, token, "u1");
        const [got] = await Promise.all([a.get({ app, token }), b._wipe()]);
        const lives = (await redis.exists(hash(token))) === 1;
        await redis.flushAll();
        return got === null || lives;
      }),
  },
  {
    name: "6 no_resave loses no second at uses at idle 1",
    run: ({ a, redis }) =>
      once(async () => {
        const token = await create(a, { ttl: 1000, no_resave: true });
        await age(redis, token, 1);
        for (let use = 0; use < 50; use += 1) await a.get({ app, token });
        const { ttl } = await a.get({ app, token });
        return ttl >= 990;
      }),
  },
  {
    name: "7 set on no_resave answers w",
    run: ({ a }) =>
      once(async () => {
        const token = await create(a, { ttl: 1000, no_resave: true });
        return (await a.set({ app, token, d: { a: 1 } })).w === 2;
      }),
  },
  {
    name: "8 ids with colons leave nothing to the wipe",
    run: ({ a, redis }) =>
      once(async () => {
        const token = await create(a, { id: "u:1", ttl: 100 });
        await age(redis, token, 200);
        await makeDue(redis, token, "u:1");
        await a._wipe();
        return nothingLeft(redis);
      }),
  },
  {
    name: "8 ids with colons leave nothing to killall",
    run: ({ a, redis }) =>
      once(async () => {
        await create(a, { id: "u:1" });
        await a.killall({ app });
        return nothingLeft(redis);
      }),
  },
  {
    name: "9 a corrupt d hinders neither soid, soapp nor kill",
    run: ({ a, redis }) =>
      once(async () => {
        const token = await create(a);
        await redis.hSet(hash(token), "d", "{corrupt");
        const { sessions } = await a.soid({ app, id: "u1" });
        await a.soapp({ app, deltaTime: 60 });
        const { kill } = await a.kill({ app, token });
        return sessions.length === 1 && kill === 1;
      }),
  },
  {
    name: "12 tokens tell nothing of their time",
    run: ({ a }) =>
      once(async () => {
        const before = Date.now();
        const token = await create(a);
        const told = parseInt(token.slice(-8), 36);
        return !(told >= before && told <= Date.now());
      }),
  },
];

module.exports = { tests };
