// The npm package redis-sessions as a program: `node peer.cjs PORT` reads one call per line from
// its input, {"call": "get", "options": {…}}, and writes one result per line, {"reply": …} or
// {"error": "…"}. The timed wipe of redis-sessions is off; the call "_wipe" runs one.
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
