// The npm package redis-sessions as a program: `node peer.cjs PORT` reads one call a line from its
// input, {"call": "get", "options": {…}}, and writes one answer a line, {"reply": …} or {"error":
// "…"}. Its own timed wipe is off; the call "_wipe" runs one.
"use strict";
const RedisSessions = require("redis-sessions").default;
const readline = require("node:readline");

const sessions = new RedisSessions({ port: Number(process.argv[2]), wipe: 0 });

async function answer(line) {
  const { call, options } = JSON.parse(line);
  try {
    return { reply: (await sessions[call](options)) ?? null };
  } catch (error) {
    return { error: error.message };
  }
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await answer(line)) + "\n");
  }
  await sessions.quit();
}

main();
