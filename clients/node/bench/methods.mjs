// Each method of Sessions against the same command by `sendCommand` of the same client.
import { createHash, randomUUID } from "node:crypto";
import { Sessions } from "sessions-for-redis";
import { inTurns, timed } from "./rounds.mjs";

export const METHODS = ["create", "get", "set", "save", "touch", "soid", "kill"];

/** Those that take or return objects. */
export const WITH_OBJECTS = ["create", "get", "set", "save", "soid"];

export const DATA = { cart: 3, lang: "en", name: "somebody", seen: ["a", "b"], theme: { dark: true } };

/**
 * Creates sessions and uses each of them with each method; the figures are how many a second, and
 * `cpu …`.
 */
async function round(count, uses) {
  const run = randomUUID().slice(0, 8);
  const names = Array.from({ length: count }, (_, n) =>
    createHash("sha256")
      .update(run + n)
      .digest("hex"),
  );
  const rates = {};
  const each = async (method, use, take) => {
    const { rate, cpu } = await timed(count, use, take);
    rates[method] = rate;
    rates[`cpu ${method}`] = cpu;
  };
  const tokens = new Array(count);
  const keep = (n, token) => {
    tokens[n] = token;
  };
  await each("create", (n) => uses.create(`${run}${n}`), keep);
  await each("get", (n) => uses.get(tokens[n]));
  await each("set", (n) => uses.set(tokens[n], n));
  await each("touch", (n) => uses.touch(tokens[n]));
  await each("soid", (n) => uses.soid(`${run}${n}`));
  await each("kill", (n) => uses.kill(tokens[n]));
  await each("save", (n) => uses.save(names[n]));
  await uses.killAll();
  return rates;
}

export async function measure(client, { rounds, count }) {
  const app = "bench";
  const sessions = new Sessions(client, { app });
  const send = (...words) => client.sendCommand(words);
  const ours = {
    create: (id) => sessions.create(id, { data: DATA }),
    get: (token) => sessions.get(token),
    set: (token, n) => sessions.set(token, { cart: n }),
    save: (token) => sessions.save(token, DATA),
    touch: (token) => sessions.touch(token),
    soid: (id) => sessions.soid(id),
    kill: (token) => sessions.kill(token),
    killAll: () => sessions.killAll(),
  };
  // The reply as the client gives it: a text where the method returns an object.
  const text = JSON.stringify(DATA);
  const raw = {
    create: (id) => send("SESSIONS.CREATE", app, id, "DATA", text),
    get: (token) => send("SESSIONS.GET", app, token, "JSON"),
    set: (token, n) => send("SESSIONS.SET", app, token, `{"cart":${n}}`, "JSON"),
    save: (token) => send("SESSIONS.SAVE", app, token, text),
    touch: (token) => send("SESSIONS.TOUCH", app, token),
    soid: (id) => send("SESSIONS.SOID", app, id, "JSON"),
    kill: (token) => send("SESSIONS.KILL", app, token),
    killAll: () => send("SESSIONS.KILLALL", app),
  };
  // With what a program does without this package: objects in and out.
  const objects = {
    ...raw,
    create: (id) => send("SESSIONS.CREATE", app, id, "DATA", JSON.stringify(DATA)),
    get: async (token) => JSON.parse(await raw.get(token)),
    set: async (token, n) =>
      JSON.parse(await send("SESSIONS.SET", app, token, JSON.stringify({ cart: n }), "JSON")),
    save: (token) => send("SESSIONS.SAVE", app, token, JSON.stringify(DATA)),
    soid: async (id) => JSON.parse(await raw.soid(id)),
  };
  const uses = Object.entries({ ours, raw, objects });
  return inTurns(Object.fromEntries(uses.map(([name, use]) => [name, () => round(count, use)])), rounds);
}
