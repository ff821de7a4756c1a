// Measures the package against raw commands, redis-sessions and connect-redis. Prints Markdown; ratios of one run.
// bench.mjs [--quick]
import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { Agent, get } from "node:http";
import { createRequire } from "node:module";
import { after, it } from "node:test";
import { createClient } from "redis";
import { Sessions } from "sessions-for-redis";
import RedisSessions from "sessions-for-redis/redis-sessions";
import { startServer } from "../test/support/server.mjs";
import { compare } from "./rounds.mjs";

const Original = createRequire(import.meta.url)("redis-sessions-4").default;
const time = process.argv.includes("--quick")
  ? { rounds: 3, milliseconds: 400 }
  : { rounds: 7, milliseconds: 2000 };
const lines = [];
const row = (...cells) => lines.push(`| ${cells.join(" | ")} |`);
const whole = (number) => Math.round(number).toLocaleString("en");
const ratio = (one, other) => (one / other).toFixed(2);
const APP = "bench";

async function many(count, make) {
  const made = [];
  for (let n = 0; n < count; n += 100) {
    made.push(...(await Promise.all(Array.from({ length: 100 }, (_, one) => make(n + one)))));
  }
  return made;
}

async function methods(client) {
  const sessions = new Sessions(client, { app: APP });
  const raw = (...words) => client.sendCommand(words);
  const data = { cart: 3, lang: "en", name: "somebody" };
  const text = JSON.stringify(data);
  const tokens = await many(1000, (n) => sessions.create(`u${n}`, { data }));
  const token = (n) => tokens[n % tokens.length];
  const hash = (n) => createHash("sha256").update(String(n)).digest("hex");
  const pairs = {
    create: [
      (n) => sessions.create(`c${n}`, { data }),
      (n) => raw("SESSIONS.CREATE", APP, `c${n}`, "DATA", text),
    ],
    get: [(n) => sessions.get(token(n)), (n) => raw("SESSIONS.GET", APP, token(n), "JSON")],
    set: [
      (n) => sessions.set(token(n), { cart: n }),
      (n) => raw("SESSIONS.SET", APP, token(n), `{"cart":${n}}`, "JSON"),
    ],
    save: [
      (n) => sessions.save(hash(n % 1000), data),
      (n) => raw("SESSIONS.SAVE", APP, hash(n % 1000), text),
    ],
    touch: [(n) => sessions.touch(token(n)), (n) => raw("SESSIONS.TOUCH", APP, token(n))],
    soid: [(n) => sessions.soid(`u${n % 1000}`), (n) => raw("SESSIONS.SOID", APP, `u${n % 1000}`, "JSON")],
    kill: [(n) => sessions.kill(hash(n)), (n) => raw("SESSIONS.KILL", APP, hash(n))],
  };
  lines.push("", "## Methods against the same command by `sendCommand`", "");
  row("method", "a second", "raw", "ratio");
  row("---", "---:", "---:", "---:");
  for (const [name, [ours, other]] of Object.entries(pairs)) {
    const found = await compare({ ours, other }, time);
    row(name, whole(found.ours.rate), whole(found.other.rate), ratio(found.ours.rate, found.other.rate));
  }
  await sessions.killAll();
}

async function redisSessions(port) {
  const stores = { ours: new RedisSessions({ port }), other: new Original({ port, wipe: 0 }) };
  const tokens = {};
  for (const [name, store] of Object.entries(stores)) {
    tokens[name] = await many(1000, async (n) => (await store.create(user(name, n))).token);
  }
  const toKill = { ours: [], other: [] };
  const uses = (use) => ({ ours: use("ours", stores.ours), other: use("other", stores.other) });
  const tests = {
    create: uses((name, store) => async (n) => {
      toKill[name].push((await store.create(user(name, n))).token);
    }),
    get: uses((name, store) => (n) => store.get({ app: name, token: tokens[name][n % 1000] })),
    set: uses(
      (name, store) => (n) => store.set({ app: name, token: tokens[name][n % 1000], d: { cart: n } }),
    ),
    kill: uses((name, store) => () => store.kill({ app: name, token: toKill[name].pop() ?? "0".repeat(64) })),
  };
  lines.push("", "## `/redis-sessions` against redis-sessions 4.0.0", "");
  row("method", "a second", "redis-sessions", "times as many");
  row("---", "---:", "---:", "---:");
  for (const [name, pair] of Object.entries(tests)) {
    const found = await compare(pair, time);
    row(name, whole(found.ours.rate), whole(found.other.rate), ratio(found.ours.rate, found.other.rate));
  }
  await Promise.all(Object.values(stores).map((store) => store.quit()));
}

function user(app, n) {
  return { app, id: `u${n % 500}`, ip: "203.0.113.7", d: { cart: 3, lang: "en" } };
}

async function startSite(name, path) {
  const child = fork(new URL("site.mjs", import.meta.url), [name, path]);
  after(() => child.disconnect());
  const port = await new Promise((resolve) => child.once("message", resolve));
  const agent = new Agent({ keepAlive: true, maxSockets: 50 });
  const ask = (url, cookie) =>
    new Promise((resolve, reject) => {
      const request = get({ port, host: "127.0.0.1", path: url, agent, headers: cookie ? { cookie } : {} });
      request.on("error", reject);
      request.on("response", (response) => {
        response.resume();
        response.on("end", () => resolve(response.headers["set-cookie"]?.[0].split(";")[0]));
      });
    });
  const cookies = await many(500, () => ask("/change"));
  return (url) => (n) => ask(url, cookies[n % cookies.length]);
}

async function sites(path) {
  const ours = await startSite("ours", path);
  const other = await startSite("connect-redis", path);
  lines.push("", "## One Express process against connect-redis 9.0.0", "");
  row("request", "a second", "connect-redis", "ratio", "p99, ms", "connect-redis");
  row("---", "---:", "---:", "---:", "---:", "---:");
  for (const [name, url] of [
    ["session read", "/read"],
    ["session read and changed", "/change"],
  ]) {
    const found = await compare({ ours: ours(url), other: other(url) }, time);
    const times = [found.ours.p99.toFixed(1), found.other.p99.toFixed(1)];
    row(
      name,
      whole(found.ours.rate),
      whole(found.other.rate),
      ratio(found.ours.rate, found.other.rate),
      ...times,
    );
  }
}

// The servers of the tests' support end with a test.
it("measures", { timeout: 1_200_000 }, async () => {
  const server = await startServer({ tcp: true });
  const client = createClient({ socket: { path: `${server.folder}/redis.sock` } });
  await client.connect();
  await methods(client);
  client.destroy();
  await redisSessions(server.port);
  await sites(`${server.folder}/redis.sock`);
  process.stderr.write(`${lines.join("\n")}\n`);
});
