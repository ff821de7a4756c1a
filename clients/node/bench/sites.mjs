// One Express process with the store of this package against one with connect-redis.
import { fork } from "node:child_process";
import { once } from "node:events";
import { inTurns } from "./rounds.mjs";

export const REQUESTS = { read: "session read and touched", change: "session read and changed" };

function start(file, ...args) {
  return fork(new URL(file, import.meta.url), args, { env: { ...process.env, NODE_ENV: "production" } });
}

async function reply(child, message) {
  const replied = once(child, "message");
  if (message) child.send(message);
  return (await replied)[0];
}

/** Microseconds of CPU time that the site has used. */
async function used(site) {
  const { user, system } = (await reply(site, "cpu")).cpu;
  return user + system;
}

/** `pin(process id)` moves what asks away from the CPU of the site. */
export async function measure(path, pin, { rounds, milliseconds }) {
  const load = start("load.mjs");
  pin(load.pid);
  const sites = {};
  for (const name of ["ours", "connect-redis"]) {
    const site = start("site.mjs", name, path);
    sites[name] = { site, port: (await reply(site)).port };
  }
  const found = {};
  for (const what of Object.keys(REQUESTS)) {
    const use = async ({ site, port }) => {
      const before = await used(site);
      const { rate, p99, count } = await reply(load, { port, url: `/${what}`, milliseconds });
      return { rate, p99, cpu: ((await used(site)) - before) / count };
    };
    const uses = Object.entries(sites).map(([name, site]) => [name, () => use(site)]);
    found[what] = await inTurns(Object.fromEntries(uses), rounds);
  }
  for (const child of [load, ...Object.values(sites).map(({ site }) => site)]) child.disconnect();
  return found;
}
