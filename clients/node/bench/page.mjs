// Writes the text of the page docs/benchmarks-node.md.
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
      ? "CPU 0: the server and the program that sends HTTP requests; CPU 1: the measured process (`taskset`)"
      : "no process is pinned to a CPU",
    `load before: ${two(loadBefore)}; the run took ${Math.round(minutes)} minutes`,
  ];
}

/** The goals as rows; `at least` is the smallest ratio that meets it. */
function goalsOf({ methods, dropIn, sites }) {
  const goals = METHODS.map((name) => ({
    what: `ratio of \`${name}\` to \`sendCommand\``,
    atLeast: 0.9,
    found: ratio(methods.ours[name], methods.raw[name]),
  }));
  for (const name of WITH_OBJECTS) {
    const found = ratio(methods.ours[name], methods.objects[name]);
    goals.push({ what: `ratio of \`${name}\` to \`sendCommand\` and JSON`, atLeast: 0.9, found });
  }
  for (const [name, atLeast] of Object.entries({ create: 1.7, get: 3.2, set: 3.2, kill: 4.5 })) {
    const found = ratio(dropIn.ours[name], dropIn.original[name]);
    goals.push({ what: `ratio of \`${name}\` to redis-sessions`, atLeast, found });
  }
  for (const [name, text] of Object.entries(REQUESTS)) {
    const { ours, "connect-redis": other } = sites[name];
    const what = `Express, ${text}`;
    goals.push({
      what: `${what}: ratio of requests per second to connect-redis`,
      atLeast: 1,
      found: ratio(ours.rate, other.rate),
    });
    goals.push({
      what: `${what}: ratio of the 99th percentile to connect-redis`,
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
  return table(["", "`/redis-sessions`", "redis-sessions", "ratio"], rows);
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
  return table(["", "requests per second", "ratio", "99th percentile, ms", "ratio", "CPU, µs"], rows);
}

export function page(measured) {
  const { effort } = measured;
  const goals = goalTable(measured);
  const text = `<!-- Written by \`make bench-node\`; do not edit. -->
# Benchmarks of the npm package

Every figure on this page comes from one run of \`make bench-node\`. The programs under comparison
take turns on one server, in each of ${effort.rounds} rounds. A figure is the median of the rounds. A
ratio is the median of the ratios of each round.

${basis(measured)
  .map((line) => `- ${line}`)
  .join("\n")}

## Methods

Calls per second of one process through a Unix socket, with ${IN_FLIGHT} calls in flight and
${whole(effort.count)} calls of each method per round:

- *\`sendCommand\`* sends the same command through the same client. The JSON text of the data is
  prepared before the measurement, and the reply is not parsed.
- *\`sendCommand\` and JSON* calls JSON.stringify for the data and JSON.parse for the reply, as a
  program without this package does.
- *CPU* is the CPU time of the process per call.

The client has the default options of redis 6. One of them is a timeout per command, which takes more
CPU time than the rest of the command. The data is ${JSON.stringify(DATA).length} bytes long.

${methodTable(measured.methods)}

## redis-sessions

Calls per second of one process through 127.0.0.1, with ${IN_FLIGHT} calls in flight and
${whole(effort.count)} calls of each method per round, without a cache. The cleanup of redis-sessions is
disabled.

${dropInTable(measured.dropIn)}

## Express

One Express process with the store of this package or with connect-redis. ${IN_FLIGHT} connections send one
request at a time, during ${effort.milliseconds / 1000} seconds per round. A request changes a number in the
session, or changes nothing. If it changes nothing, connect-redis refreshes the session with a second
command; this package has refreshed the session by reading it. *CPU* is the CPU time of the Express
process per request.

${siteTable(measured.sites)}

## Goals

${goals}

The methods \`get\`, \`set\` and \`soid\` return objects, so they parse the reply, and \`sendCommand\`
alone does not. JSON.parse takes most of their additional time. \`sendCommand\` and JSON does the same
work as these methods.
`;
  return { text, goals };
}
