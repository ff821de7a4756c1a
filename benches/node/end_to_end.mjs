// end_to_end.mjs PORT OPERATIONS IN_FLIGHT ROUNDS: create, get, set and kill from Node.js, in turn
// with the module through node-redis and with redis-sessions. Prints one line per measurement:
// library, operation, operations per second.
import { createClient } from "redis";
import RedisSessions from "redis-sessions";

const [port, operations, inFlight, rounds] = process.argv.slice(2).map(Number);
const app = "webapp";
const data = JSON.parse(process.env.SESSIONS_BENCH_DATA);

const client = createClient({ socket: { host: "127.0.0.1", port } });
await client.connect();
const Constructor = RedisSessions.default ?? RedisSessions;
const sessions = new Constructor({ port, wipe: 0 });

const withModule = {
  create: (id) => client.sendCommand(["SESSIONS.CREATE", app, id, "IP", "127.0.0.1", "DATA", JSON.stringify(data)]),
  get: async (token) => JSON.parse(await client.sendCommand(["SESSIONS.GET", app, token, "JSON"])),
  set: async (token, d) => JSON.parse(await client.sendCommand(["SESSIONS.SET", app, token, JSON.stringify(d), "JSON"])),
  kill: (token) => client.sendCommand(["SESSIONS.KILL", app, token]),
};
const withPackage = {
  create: async (id) => (await sessions.create({ app, id, ip: "127.0.0.1", d: { ...data } })).token,
  get: (token) => sessions.get({ app, token }),
  set: (token, d) => sessions.set({ app, token, d }),
  kill: (token) => sessions.kill({ app, token }),
};

// Runs `work` for 0 to operations - 1, `inFlight` at a time; returns operations per second and the
// results.
async function timed(work) {
  const answers = new Array(operations);
  let next = 0;
  const worker = async () => {
    while (next < operations) {
      const number = next++;
      answers[number] = await work(number);
    }
  };
  const began = process.hrtime.bigint();
  await Promise.all(Array.from({ length: inFlight }, worker));
  return [operations / (Number(process.hrtime.bigint() - began) / 1e9), answers];
}

for (let round = 0; round <= rounds; round++) {
  for (const [library, sessions] of [["module", withModule], ["package", withPackage]]) {
    const [create, tokens] = await timed((n) => sessions.create(`node${library}${n}`));
    const [get, read] = await timed((n) => sessions.get(tokens[n]));
    const [set] = await timed((n) => sessions.set(tokens[n], { cart: n }));
    const [kill] = await timed((n) => sessions.kill(tokens[n]));
    if (read.some((session) => session?.d?.role !== data.role)) throw new Error(`${library}: a wrong session`);
    // The first round warms up both.
    if (round === 0) continue;
    for (const [what, rate] of Object.entries({ create, get, set, kill })) console.log(library, what, rate);
  }
}
process.exit(0);
