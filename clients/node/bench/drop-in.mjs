// The entry `/redis-sessions` against redis-sessions 4.0.0, each with the version of the package
// redis that it uses.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import RedisSessions from "sessions-for-redis/redis-sessions";
import { inTurns, timed } from "./rounds.mjs";

const Original = createRequire(import.meta.url)("redis-sessions-4").default;

export const CALLS = ["create", "get", "set", "kill"];

const DATA = { cart: 3, lang: "en", name: "somebody", role: "admin" };

async function round(store, app, count, run) {
  const tokens = new Array(count);
  const user = (n) => ({ app, id: `u${run}-${n}`, ip: "203.0.113.7", d: { ...DATA } });
  const create = await timed(
    count,
    (n) => store.create(user(n)),
    (n, reply) => {
      tokens[n] = reply.token;
    },
  );
  const one = (n) => ({ app, token: tokens[n] });
  const get = await timed(
    count,
    (n) => store.get(one(n)),
    (_n, session) => {
      assert(session.d.name === DATA.name);
    },
  );
  const set = await timed(
    count,
    (n) => store.set({ ...one(n), d: { cart: n } }),
    (n, session) => {
      assert(session.d.cart === n);
    },
  );
  const kill = await timed(
    count,
    (n) => store.kill(one(n)),
    (_n, reply) => {
      assert(reply.kill === 1);
    },
  );
  return { create: create.rate, get: get.rate, set: set.rate, kill: kill.rate };
}

export async function measure(port, { rounds, count }) {
  const stores = { ours: new RedisSessions({ port }), original: new Original({ port, wipe: 0 }) };
  const uses = Object.entries(stores).map(([name, store]) => [
    name,
    (run) => round(store, `bench-${name}`, count, run),
  ]);
  const found = await inTurns(Object.fromEntries(uses), rounds);
  await Promise.all(Object.values(stores).map((store) => store.quit()));
  return found;
}
