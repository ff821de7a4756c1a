// No server, a server that hangs, no module, no permission, and a value that is not a client.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import {
  NoModuleError,
  PermissionError,
  Sessions,
  SessionsError,
  UnavailableError,
} from "sessions-for-redis";
import { CLIENTS } from "./support/clients.mjs";
import { ask, freePorts, startServer, until } from "./support/server.mjs";

const timeOut = (name) =>
  name.startsWith("ioredis") ? { commandTimeout: 50 } : { commandOptions: { timeout: 50 } };
const noQueue = (name) =>
  name.startsWith("ioredis")
    ? { enableOfflineQueue: false, lazyConnect: false }
    : { disableOfflineQueue: true };

function replies(use) {
  return use.then(
    () => true,
    (error) => {
      assert.ok(error instanceof UnavailableError, inspect(error));
      return false;
    },
  );
}

for (const { name, connect, close } of CLIENTS) {
  describe(`over ${name}`, () => {
    it("a server without the module is named at the first command", async (t) => {
      const server = await startServer({ module: false });
      const client = await connect(server.address);
      t.after(() => close(client));
      const sessions = new Sessions(client, { app: "webapp" });
      for (const use of [() => sessions.get("x"), () => sessions.count()]) {
        await assert.rejects(use, (error) => {
          assert.ok(error instanceof NoModuleError);
          assert.equal(error.code, "NOMODULE");
          assert.match(error.message, /loadmodule/);
          return true;
        });
      }
    });

    it("commands fail while the server is away and work when it is back", async (t) => {
      const server = await startServer();
      const client = await connect(server.address, noQueue(name));
      t.after(() => close(client));
      const sessions = new Sessions(client, { app: "webapp" });
      await until("the first reply", () => replies(sessions.create("u1")));
      await server.stop();
      await until("a failure", async () => !(await replies(sessions.create("u1"))));
      await until("a failure of a whole-app call", async () => !(await replies(sessions.count())));
      await server.start();
      await until("a reply again", () => replies(sessions.create("u1")));
      assert.equal(await sessions.countSoid("u1"), 1);
    });

    it("a server that hangs is a failure after the client's timeout", async (t) => {
      const server = await startServer();
      const client = await connect(server.address, timeOut(name));
      t.after(() => close(client));
      const sessions = new Sessions(client, { app: "webapp" });
      await until("the first reply", () => replies(sessions.count()));
      server.signal("SIGSTOP");
      const uses = [sessions.create("u1"), sessions.get("x"), sessions.count()];
      // redis 6 and 5 give up only what they have not sent yet; the server is asked to continue
      // either way.
      const settled = Promise.allSettled(uses);
      if (name.startsWith("ioredis")) {
        for (const { status, reason } of await settled) {
          assert.equal(status, "rejected");
          assert.ok(reason instanceof UnavailableError);
        }
      }
      server.signal("SIGCONT");
      await settled;
      await until("a reply again", () => replies(sessions.count()));
    });

    it("no error shows a token", async (t) => {
      const server = await startServer();
      const client = await connect(server.address);
      t.after(() => close(client));
      const sessions = new Sessions(client, { app: "webapp" });
      const token = await sessions.create("u1");
      await ask(server.address, `SET rs:webapp:${"a".repeat(64)} x`);
      const thrown = [];
      for (const use of [
        () => sessions.touch(token, { ttl: -1 }),
        () => sessions.set(token, {}),
        () => sessions.get("a".repeat(64)),
      ]) {
        await assert.rejects(use, (error) => thrown.push(error) > 0);
      }
      server.signal("SIGSTOP");
      const pending = assert.rejects(sessions.get(token), (error) => thrown.push(error) > 0);
      await close(client);
      await pending;
      server.signal("SIGCONT");
      for (const error of thrown) {
        assert.ok(error instanceof SessionsError);
        const text = inspect(error, { depth: 9, showHidden: true });
        assert.ok(!text.includes(token) && !text.includes("aaaaaaaa"), text);
      }
    });

    it("a user without permission gets PermissionError", async (t) => {
      const server = await startServer();
      await ask(server.address, "ACL SETUSER shop on >pass ~rs:shop:* +@all");
      const client = await connect(server.address, { username: "shop", password: "pass" });
      t.after(() => close(client));
      await new Sessions(client, { app: "shop" }).create("u1");
      await assert.rejects(new Sessions(client, { app: "other" }).create("u1"), PermissionError);
    });

    it("a program ends when it has closed its client", async () => {
      const server = await startServer();
      const support = new URL("./support/clients.mjs", import.meta.url);
      const program = `
        import { Sessions } from "sessions-for-redis";
        import { CLIENTS } from ${JSON.stringify(support.href)};
        const { connect, close } = CLIENTS.find(({ name }) => name === ${JSON.stringify(name)});
        const client = await connect({ path: ${JSON.stringify(server.path)} });
        const sessions = new Sessions(client, { app: "webapp" });
        await sessions.kill(await sessions.create("u1"));
        await close(client);`;
      const cwd = new URL("..", import.meta.url);
      const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
        cwd,
        stdio: "inherit",
      });
      const [code] = await once(child, "exit");
      assert.equal(code, 0);
    });
  });
}

it("a program that never reaches Redis ends when it has closed its clients, and no rejection is unhandled", async () => {
  const [port] = await freePorts(1);
  const program = `
    import { Redis } from "ioredis";
    import { createClient } from "redis";
    import connectRedisSessions from "sessions-for-redis/connect-redis-sessions";
    import { SessionsStore } from "sessions-for-redis/express";
    import RedisSessions from "sessions-for-redis/redis-sessions";
    import RedisSessionsV3 from "sessions-for-redis/redis-sessions/v3";
    const port = ${port};
    const quiet = (client) => client.on("error", () => {});
    const token = "0".repeat(64);
    const client = quiet(createClient({ socket: { port } }));
    client.connect().catch(() => {});
    const redis = quiet(new Redis({ port, maxRetriesPerRequest: 1 }));
    const own = [new RedisSessions({ port }), new RedisSessions({ port, cachetime: 60, namespace: "other" })];
    const v3 = [new RedisSessionsV3({ port }), connectRedisSessions({ app: "webapp", port }).handler.rds];
    const failed = [];
    const fails = (promise) => promise.catch(({ code }) => failed.push(code));
    const reads = own.map((sessions) => fails(sessions.get({ app: "webapp", token })));
    for (const sessions of v3) {
      reads.push(new Promise((resolve) => sessions.get({ app: "webapp", token }, resolve)));
    }
    for (const one of [client, redis]) {
      const store = new SessionsStore({ client: one, app: "webapp" });
      reads.push(fails(store.get("sid")), fails(store.set("sid", { cookie: {} })), fails(store.length()));
      reads.push(new Promise((resolve) => store.get("sid", resolve)));
    }
    await Promise.all(reads.slice(-4)); // ioredis gives up by itself.
    for (const sessions of own) await sessions.quit();
    for (const sessions of v3) sessions.quit();
    client.destroy();
    redis.disconnect();
    await Promise.all(reads);
    if (failed.length !== 8) throw new Error(failed.join());`;
  const cwd = new URL("..", import.meta.url);
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { cwd, stdio: "inherit" });
  const [code] = await once(child, "exit");
  assert.equal(code, 0);
});

it("ioredis queues commands until the server comes", async (t) => {
  const server = await startServer();
  await server.stop();
  const { connect, close } = CLIENTS.at(-1);
  const client = await connect(server.address, { maxRetriesPerRequest: null });
  t.after(() => close(client));
  const created = new Sessions(client, { app: "webapp" }).create("u1");
  await server.start();
  assert.equal((await created).length, 64);
});

it("a server that is too old for the module is named with its version", async (t) => {
  const old = createServer((socket) => {
    socket.on("data", (data) => {
      for (const [, command] of String(data).matchAll(/\*\d+\r\n\$\d+\r\n([\w.]+)/g)) {
        const info = "redis_version:6.2.14\r\n";
        socket.write(/^info$/i.test(command) ? `$${info.length}\r\n${info}\r\n` : "-ERR unknown command\r\n");
      }
    });
  });
  t.after(() => old.close());
  await once(old.listen(0, "127.0.0.1"), "listening");
  const { connect, close } = CLIENTS.at(-1);
  const client = await connect({ port: old.address().port, host: "127.0.0.1" });
  t.after(() => close(client));
  await assert.rejects(new Sessions(client, { app: "webapp" }).get("x"), (error) => {
    assert.ok(error instanceof NoModuleError);
    assert.match(error.message, /This one is Redis 6\.2\.14\./);
    return true;
  });
});

it("a value that is not a client, and an invalid app, are a TypeError at once", () => {
  for (const client of [undefined, null, {}, "redis://", { sendCommand() {} }, { call() {} }]) {
    assert.throws(() => new Sessions(client, { app: "webapp" }), {
      name: "TypeError",
      message: /^client must be/,
    });
  }
  const client = { isOpen: true, sendCommand: async () => null };
  for (const options of [undefined, {}, { app: "" }, { app: "a b" }, { app: 1 }, { app: "x".repeat(65) }]) {
    assert.throws(() => new Sessions(client, options), { name: "TypeError", message: /^app must be/ });
  }
});
