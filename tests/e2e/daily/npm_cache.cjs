// The npm package redis-sessions with its cache on: `node npm_cache.cjs PORT` reads one token of
// the app webapp per line and writes {"session": the result of get, "cached": whether the token was
// in the cache before}. A line that begins with "?" only asks whether the token after it is in the
// cache.
"use strict";
const RedisSessions = require("redis-sessions").default;
const readline = require("node:readline");

const sessions = new RedisSessions({ port: Number(process.argv[2]), wipe: 0, cachetime: 3600 });

async function answer(line) {
  const token = line.replace("?", "");
  const cached = sessions.sessionCache.has(`webapp:${token}`);
  if (line !== token) return { cached };
  return { cached, session: await sessions.get({ app: "webapp", token }) };
}

async function main() {
  await sessions.toSubscribe;
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await answer(line)) + "\n");
  }
}

main();
