// Real servers for the tests: each has its own folder, and a Unix socket or free ports, and ends
// with the test file.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const MODULE =
  process.env.SESSIONS_MODULE ??
  fileURLToPath(new URL("../../../../target/debug/libsessions.so", import.meta.url));
const SERVER = process.env.REDIS_SERVER ?? "redis-server";

/** Waits until `happened` returns something truthy, and returns that. */
export async function until(what, happened, seconds = 60) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const result = await happened();
    if (result) return result;
    assert(Date.now() < deadline, `in vain: ${what}`);
    await sleep(10);
  }
}

export async function freePorts(count) {
  const listeners = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise((resolve) => {
          const listener = createServer();
          listener.listen(0, "127.0.0.1", () => resolve(listener));
        }),
    ),
  );
  const ports = listeners.map((listener) => listener.address().port);
  await Promise.all(listeners.map((listener) => new Promise((resolve) => listener.close(resolve))));
  return ports;
}

/** Sends one inline command and returns what comes back within the first reply, as text. */
export function ask(address, line) {
  return new Promise((resolve, reject) => {
    const socket = createConnection(address, () => socket.write(`${line}\r\n`));
    socket.on("error", reject);
    socket.once("data", (data) => {
      resolve(String(data).trim());
      socket.destroy();
    });
  });
}

/** A running server. `address` is what net.connect takes. */
class Server {
  #words;
  #child;

  constructor(folder, address, words) {
    this.folder = folder;
    this.address = address;
    this.#words = words;
  }

  get path() {
    return this.address.path;
  }

  get port() {
    return this.address.port;
  }

  get pid() {
    return this.#child.pid;
  }

  async start() {
    this.#child = spawn(SERVER, this.#words, { stdio: "ignore", cwd: this.folder });
    const child = this.#child;
    await until(
      "the server replies",
      async () => {
        assert(child.exitCode === null, `the server has ended: ${this.log()}`);
        return (await ask(this.address, "PING").catch(() => "")) === "+PONG";
      },
      60,
    );
  }

  log() {
    const path = join(this.folder, "log");
    return existsSync(path) ? readFileSync(path, "utf8").slice(-2000) : "";
  }

  async stop() {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  signal(name) {
    this.#child.kill(name);
  }
}

function words(folder, lines, isWithModule) {
  const log = join(folder, "log");
  const common = ["--dir", folder, "--logfile", log, "--save", "", "--appendonly", "no"];
  return [...common, ...(isWithModule ? ["--loadmodule", MODULE] : []), ...lines];
}

function newFolder() {
  return mkdtempSync(join(tmpdir(), "sessions-node-"));
}

const running = new Set();
after(() => Promise.all([...running].map(ended)));
process.on("exit", () => {
  for (const server of running) server.signal("SIGKILL");
});

async function started(server) {
  running.add(server);
  await server.start();
  return server;
}

async function ended(server) {
  await server.stop();
  running.delete(server);
  rmSync(server.folder, { recursive: true, force: true });
}

/** A server that ends with the test file. */
export async function startServer({ module = true, tcp = false, lines = [] } = {}) {
  const folder = newFolder();
  const [port] = tcp ? await freePorts(1) : [0];
  const socket = join(folder, "redis.sock");
  const address = tcp ? { port, host: "127.0.0.1" } : { path: socket };
  const own = ["--port", String(port), "--unixsocket", socket, "--bind", "127.0.0.1", ...lines];
  const server = new Server(folder, address, words(folder, own, module));
  return started(server);
}

/** A cluster of three primaries, each with a third of the hash slots. */
export async function startCluster() {
  const ports = await freePorts(6);
  const nodes = [];
  for (let n = 0; n < 3; n++) {
    const folder = newFolder();
    const own = ["--port", String(ports[n]), "--bind", "127.0.0.1", "--cluster-enabled", "yes"];
    own.push("--cluster-port", String(ports[n + 3]), "--cluster-config-file", join(folder, "nodes.conf"));
    const server = new Server(folder, { port: ports[n], host: "127.0.0.1" }, words(folder, own, true));
    nodes.push(await started(server));
  }
  const bounds = [0, 5461, 10923, 16384];
  for (let n = 0; n < 3; n++) {
    await ask(nodes[n].address, `CLUSTER ADDSLOTSRANGE ${bounds[n]} ${bounds[n + 1] - 1}`);
    if (n > 0) await ask(nodes[n].address, `CLUSTER MEET 127.0.0.1 ${ports[0]} ${ports[3]}`);
  }
  for (const node of nodes) {
    await until("all nodes know all slots", async () => {
      const info = await ask(node.address, "CLUSTER INFO");
      return info.includes("cluster_state:ok") && info.includes("cluster_known_nodes:3");
    });
  }
  return nodes;
}

/** A sentinel that watches one server under the name `mymaster`. */
export async function startSentinel(watched) {
  const [port] = await freePorts(1);
  const folder = newFolder();
  const config = join(folder, "sentinel.conf");
  writeFileSync(
    config,
    `port ${port}\nbind 127.0.0.1\ndir ${folder}\nsentinel monitor mymaster 127.0.0.1 ${watched.port} 1\n`,
  );
  const server = new Server(folder, { port, host: "127.0.0.1" }, [config, "--sentinel"]);
  return started(server);
}
