// The page docs/benchmarks-node.md.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { CALLS } from "./drop-in.mjs";
import { DATA, METHODS, WITH_OBJECTS } from "./methods.mjs";
import { IN_FLIGHT, median, ratio } from "./rounds.mjs";
import { REQUESTS } from "./sites.mjs";

function version(name) {
  return JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), "utf8"))
    .version;
}

const whole = (number) => Math.round(number).toLocaleString("en");
const two = (number) => number.toFixed(2);

function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const rule = `|${head.map((_, n) => (n === 0 ? "---" : "---:")).join("|")}|`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}

function output(program, ...args) {
  try {
    return execFileSync(program, args, { encoding: "utf8" }).trim().split("\n")[0];
  } catch {
    return "";
  }
}

function system() {
  const text = readFileSync("/etc/os-release", "utf8");
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(text)?.[1] ?? "";
}

function basis({ loadBefore, minutes, isPinned }) {
  const cargo = readFileSync(new URL("../../../Cargo.toml", import.meta.url), "utf8");
  const module = /^version = "(.*)"/m.exec(cargo)?.[1];
  const commit = output("git", "rev-parse", "--short=12", "HEAD");
  const packages = ["redis", "express", "express-session", "connect-redis"].map(
    (name) => `${name} ${version(name)}`,
  );
  return [
    `machine: ${cpus()[0].model} (${cpus().length} CPUs visible), ${Math.round(totalmem() / 1e9)} GB, Linux ${release()}, ${system()}`,
    `server: ${output(process.env.REDIS_SERVER ?? "redis-server", "--version")}`,
    `module and package: ${module} ${commit}, release build`,
    `with: Node.js ${process.version}, ${packages.join(", ")}; redis-sessions ${version("redis-sessions-4")} with redis ${version("redis-sessions-4/node_modules/redis")}`,
    isPinned
      ? "the server and what asks the sites on CPU 0, the process that is measured on CPU 1 (`taskset`)"
      : "nothing is pinned to a CPU",
    `load before: ${two(loadBefore)}; the run took ${Math.round(minutes)} minutes`,
  ];
}

/** The goals as rows; `at least` is the smallest ratio that meets it. */
function goalsOf({ methods, dropIn, sites }) {
  const goals = METHODS.map((name) => ({
    what: `\`${name}\` against \`sendCommand\` alone`,
    atLeast: 0.9,
    found: ratio(methods.ours[name], methods.raw[name]),
  }));
  for (const name of WITH_OBJECTS) {
    const found = ratio(methods.ours[name], methods.objects[name]);
    goals.push({ what: `\`${name}\` against \`sendCommand\` and JSON`, atLeast: 0.9, found });
  }
  for (const [name, atLeast] of Object.entries({ create: 1.7, get: 3.2, set: 3.2, kill: 4.5 })) {
    const found = ratio(dropIn.ours[name], dropIn.original[name]);
    goals.push({ what: `\`${name}\` against redis-sessions`, atLeast, found });
  }
  for (const [name, text] of Object.entries(REQUESTS)) {
    const { ours, "connect-redis": other } = sites[name];
    const what = `Express, ${text}`;
    goals.push({
      what: `${what}: requests a second against connect-redis`,
      atLeast: 1,
      found: ratio(ours.rate, other.rate),
    });
    goals.push({
      what: `${what}: 99th percentile against connect-redis`,
      atMost: 1,
      found: ratio(ours.p99, other.p99),
    });
  }
  return goals;
}

function goalTable(measured) {
  const rows = goalsOf(measured).map(({ what, atLeast, atMost, found }) => {
    const isMet = atLeast === undefined ? found <= atMost : found >= atLeast;
    const goal = atLeast === undefined ? `at most ${two(atMost)}` : `at least ${two(atLeast)}`;
    return [what, goal, two(found), isMet ? "met" : "**missed**"];
  });
  return table(["what", "goal", "this run", ""], rows);
}

function methodTable({ ours, raw, objects }) {
  const rows = METHODS.map((name) => [
    `\`${name}\``,
    whole(median(ours[name])),
    whole(median(raw[name])),
    two(ratio(ours[name], raw[name])),
    whole(median(objects[name])),
    two(ratio(ours[name], objects[name])),
    ...[ours, raw, objects].map((found) => median(found[`cpu ${name}`]).toFixed(1)),
  ]);
  const names = ["method", "`sendCommand`", "ratio", "`sendCommand` and JSON", "ratio"];
  return table(["", ...names, "CPU µs: method", "`sendCommand`", "and JSON"], rows);
}

function dropInTable({ ours, original }) {
  const rows = CALLS.map((name) => [
    `\`${name}\``,
    whole(median(ours[name])),
    whole(median(original[name])),
    two(ratio(ours[name], original[name])),
  ]);
  return table(["", "`/redis-sessions`", "redis-sessions", "times"], rows);
}

function siteTable(sites) {
  const rows = Object.entries(REQUESTS).flatMap(([what, text]) => {
    const other = sites[what]["connect-redis"];
    return Object.entries({ "this package": sites[what].ours, "connect-redis": other }).map(
      ([name, found]) => [
        `${text}, ${name}`,
        whole(median(found.rate)),
        two(ratio(found.rate, other.rate)),
        two(median(found.p99)),
        two(ratio(found.p99, other.p99)),
        whole(median(found.cpu)),
      ],
    );
  });
  return table(["", "requests a second", "ratio", "99 %, ms", "ratio", "CPU a request, µs"], rows);
}

export function page(measured) {
  const { effort } = measured;
  const goals = goalTable(measured);
  const text = `<!-- Written by \`make bench-node\`; do not edit. -->
# Benchmarks of the npm package

Every figure on this page comes from one run of \`make bench-node\`. What is compared runs in turns, with one server, in each of ${effort.rounds} rounds; figures are medians of the rounds, ratios medians of each round's ratio.

${basis(measured)
  .map((line) => `- ${line}`)
  .join("\n")}

## Goals

${goals}

A method that returns an object parses the reply, and \`sendCommand\` alone does not: JSON.parse takes most of the additional time of \`get\`, \`set\` and \`soid\`. The comparison with \`sendCommand\` and JSON is between two programs that do the same work.

## Methods

Calls a second from one process by a Unix socket, ${IN_FLIGHT} at a time, ${whole(effort.count)} of each method in a round. *\`sendCommand\`* is the same command by the same client, with the text of the data made before; its result is the reply as it comes, a text where the method returns an object. *\`sendCommand\` and JSON* calls JSON.stringify for the data and JSON.parse for the reply, as a program without this package does. *CPU* is the CPU time of this process for a call. The client has the default options of redis 6, among them a time-out of each command, which takes more CPU time than the rest of the command. The data are ${JSON.stringify(DATA).length} bytes.

${methodTable(measured.methods)}

## redis-sessions

Calls a second from one process by 127.0.0.1, ${IN_FLIGHT} at a time, ${whole(effort.count)} of each in a round, without a cache. redis-sessions does not wipe meanwhile.

${dropInTable(measured.dropIn)}

## Express

One Express process whose store is this package's or connect-redis; ${IN_FLIGHT} connections with a request at a time, rounds of ${effort.milliseconds / 1000} seconds. A request changes a number in the session or nothing: then connect-redis refreshes the session by a second command, and this package has refreshed it by reading. *CPU a request* is the CPU time of the Express process, whatever else runs on the machine.

${siteTable(measured.sites)}
`;
  return { text, goals };
}
