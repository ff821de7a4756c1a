// bench.mjs FILE [--quick]: measures everything and writes the page to FILE. scripts/bench-node.sh
// starts it, on the second CPU.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { it } from "node:test";
import { createClient } from "redis";
import { startServer } from "../test/support/server.mjs";
import { measure as dropIn } from "./drop-in.mjs";
import { measure as methods } from "./methods.mjs";
import { page } from "./page.mjs";
import { measure as sites } from "./sites.mjs";

const [, , file, quick] = process.argv;
const effort =
  quick === "--quick"
    ? { rounds: 3, count: 5000, milliseconds: 1000 }
    : { rounds: 7, count: 20_000, milliseconds: 4000 };

// The server and what asks the sites have the first CPU, this process and the sites the second.
const isPinned = cpus().length > 1 && availableParallelism() === 1;

function pin(process) {
  if (isPinned) execFileSync("taskset", ["-apc", "0", String(process)], { stdio: "ignore" });
}

const say = (text) => process.stderr.write(`${text}\n`);

// The servers of the tests' support end with a test.
it("measures", { timeout: 1_800_000 }, async () => {
  const loadBefore = loadavg()[0];
  const began = performance.now();
  const server = await startServer({ tcp: true });
  pin(server.pid);
  const path = `${server.folder}/redis.sock`;
  const client = createClient({ socket: { path } });
  await client.connect();
  say("methods");
  const measured = { methods: await methods(client, effort) };
  client.destroy();
  say("redis-sessions");
  measured.dropIn = await dropIn(server.port, effort);
  say("Express");
  measured.sites = await sites(path, pin, effort);
  const minutes = (performance.now() - began) / 60_000;
  const { text, goals } = page({ ...measured, effort, loadBefore, minutes, isPinned });
  writeFileSync(file, text);
  say(`${goals}\nwritten to ${file}`);
});
