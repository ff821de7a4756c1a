// `node run.js MODULE`: runs the same tests against the module, where each rule must hold, and
// against the earlier packages, where each must be broken; otherwise the test proves nothing. TRIES
// sets how often races run.
"use strict";
const RedisSessions = require("redis-sessions").default;
const { start } = require("./servers.js");
const { Module } = require("./module.js");
const sessions = require("./redis-sessions.js");
const others = require("./redisess.js");

const modulePath = process.argv[2];
if (!modulePath) {
  console.error("usage: node run.js MODULE");
  process.exit(2);
}

const tidy = (result) => (result.error ? "error" : `${result.broken} of ${result.of}`);

async function run(test, ...stores) {
  try {
    return await test.run(...stores);
  } catch (error) {
    return { broken: 1, of: 1, error: error.message };
  }
}

async function runAll(tests, ours, theirs, peer) {
  let wrong = 0;
  for (const test of tests) {
    await ours.clear();
    await theirs.clear();
    const here = await run(test, ours);
    const there = await run(test, theirs);
    const right = here.broken === 0 && there.broken > 0;
    if (!right) wrong += 1;
    console.log(`${right ? "ok   " : "WRONG"} ${test.name}: broken ${tidy(here)} here, ${tidy(there)} in ${peer}`);
    if (here.error) console.log(`      ${here.error}`);
  }
  return wrong;
}

async function main() {
  const [withModule, plain] = [await start(modulePath), await start(null)];
  const clear = (server) => () => server.client.flushAll();
  const peer = () => new RedisSessions({ port: plain.port, wipe: 0 });
  const ours = {
    a: await Module.connect(withModule.port),
    b: await Module.connect(withModule.port),
    redis: withModule.client,
    clear: clear(withModule),
  };
  const theirs = { a: peer(), b: peer(), redis: plain.client, clear: clear(plain) };
  let wrong = await runAll(sessions.tests, ours, theirs, "redis-sessions 4.0.0");
  const module_ = await others.module_(withModule.port);
  const redisess = await others.redisess(plain.port);
  wrong += await runAll(others.tests, module_, redisess, "redisess 2.6.0");
  console.log(wrong === 0 ? "Every test holds here and fails there." : `${wrong} tests are not as they should be.`);
  process.exit(wrong === 0 ? 0 : 1);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
