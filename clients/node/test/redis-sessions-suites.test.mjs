// redis-sessions' own tests, of each of its versions, over the entries that take its place.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startServer } from "./support/server.mjs";
import { built, mocha } from "./support/suite.mjs";

// The suites use the default port: the class that they load knows the test's server.
const shim = (entry, port) => `
  const RedisSessions = require(${JSON.stringify(built(entry))});
  module.exports = class extends RedisSessions {
    constructor(options) {
      super({ port: ${port}, ...options });
    }
  };
`;

describe("redis-sessions' own suite passes", { concurrency: true }, () => {
  for (const [version, tests, source, entry] of [
    ["4.0.0", 88, "redis-sessions-4/dist/test/test.js", "redis-sessions/index.js"],
    ["3.0.0", 83, "redis-sessions-3/test/test.js", "redis-sessions/v3.js"],
    ["2.1.0", 83, "redis-sessions-2/test/test.js", "redis-sessions/v3.js"],
    ["1.3.0", 65, "redis-sessions-1/test/test.js", "redis-sessions/v3.js"],
  ]) {
    it(`${version}: ${tests} tests`, async () => {
      // Several of their tests wait for seconds to pass and fail on a busy machine: not only over
      // this package.
      for (let tried = 1; ; tried++) {
        const server = await startServer({ tcp: true });
        const files = { "index.js": shim(entry, server.port) };
        const { passed, failed, output } = await mocha({ file: "test/test.js", source, files });
        if (failed > 0 && tried < 5) continue;
        assert.deepEqual({ passed, failed }, { passed: tests, failed: 0 }, output);
        return;
      }
    });
  }
});
