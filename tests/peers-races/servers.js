// Servers on free ports; their data is in folders that are removed with them.
"use strict";
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const net = require("node:net");
const os = require("node:os");
const path = require("node:path");
const redis = require("redis");

function freePort() {
  return new Promise((resolve, reject) => {
    const listener = net.createServer();
    listener.on("error", reject);
    listener.listen(0, "127.0.0.1", () => {
      const { port } = listener.address();
      listener.close(() => resolve(port));
    });
  });
}

async function start(modulePath) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "sessions-peers-"));
  const port = await freePort();
  const words = ["--bind", "127.0.0.1", "--port", String(port), "--dir", dir, "--save", "", "--logfile", `${dir}/log`];
  if (modulePath) words.push("--loadmodule", modulePath);
  const child = spawn(process.env.REDIS_SERVER || "redis-server", words, { stdio: "ignore" });
  const stop = () => {
    child.kill("SIGKILL");
    fs.rmSync(dir, { recursive: true, force: true });
  };
  process.on("exit", stop);
  for (let tries = 0; tries < 400; tries += 1) {
    try {
      const client = redis.createClient({ socket: { port, host: "127.0.0.1", reconnectStrategy: false } });
      client.on("error", () => {});
      await client.connect();
      return { port, client, stop };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  throw new Error(`the server did not start: ${fs.readFileSync(`${dir}/log`, "utf8")}`);
}

module.exports = { start };
