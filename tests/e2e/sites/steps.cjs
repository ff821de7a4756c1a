// The npm package redis-sessions: `node steps.cjs PORT '[["create", {…}], …]'` makes the calls in
// order and prints their results as one JSON array. The timed wipe of redis-sessions is off, as
// docs/migration.md says; "_wipe" runs one.
"use strict";
const RedisSessions = require("redis-sessions").default;

async function main() {
  const sessions = new RedisSessions({ port: Number(process.argv[2]), wipe: 0 });
  const answers = [];
  for (const [call, options] of JSON.parse(process.argv[3])) {
    answers.push((await sessions[call](options)) ?? null);
  }
  console.log(JSON.stringify(answers));
  await sessions.quit();
}

main();
