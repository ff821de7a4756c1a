// Every method over every client on a single server.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  ConflictError,
  DataTooLargeError,
  InvalidArgumentError,
  LimitError,
  Sessions,
} from "sessions-for-redis";
import { CLIENTS } from "./support/clients.mjs";
import { startServer } from "./support/server.mjs";
import { hashed } from "./support/store.mjs";

const TOKEN = /^[0-9A-Za-z]{64}$/;
const UNKNOWN = "0".repeat(64);

for (const { name, connect, close } of CLIENTS) {
  describe(`over ${name}`, () => {
    let client;
    let count = 0;
    before(async () => {
      const server = await startServer();
      client = await connect(server.address);
    });
    after(() => close(client));

    const fresh = () => new Sessions(client, { app: `app${count++}` });

    it("a session is created, read, changed and ended", async () => {
      const sessions = fresh();
      const token = await sessions.create("u1", {
        ip: "203.0.113.7",
        ua: "test",
        ttl: 60,
        data: { cart: 3 },
      });
      assert.match(token, TOKEN);
      const { sid, created, idle, ...rest } = await sessions.get(token);
      assert.ok(idle >= 0 && idle < 60);
      assert.equal(sid, hashed(token).slice(0, 16));
      assert.ok(created > 1_700_000_000);
      const first = { id: "u1", r: 1, w: 1, ttl: 60, ip: "203.0.113.7", ua: "test", d: { cart: 3 } };
      assert.deepEqual(rest, first);
      assert.equal((await sessions.peek(token)).r, 2);
      const changed = await sessions.set(token, { cart: null, list: [1, { deep: true }] });
      assert.deepEqual(changed.d, { list: [1, { deep: true }] });
      assert.equal(await sessions.incr(token, "clicks"), 1);
      assert.equal(await sessions.incr(token, "clicks", 41), 42);
      assert.equal(await sessions.touch(token), true);
      assert.equal(await sessions.exists(token), true);
      assert.equal(await sessions.kill(token), true);
      assert.equal(await sessions.kill(token), false);
    });

    it("an unknown token is null, false or 0 and no error", async () => {
      const sessions = fresh();
      for (const token of [UNKNOWN, "", "not a token", 'line\r\nbreak"']) {
        assert.equal(await sessions.get(token), null);
        assert.equal(await sessions.peek(token), null);
        assert.equal(await sessions.set(token, { a: 1 }), null);
        assert.equal(await sessions.incr(token, "a"), null);
        assert.equal(await sessions.rotate(token), null);
        assert.equal(await sessions.touch(token), false);
        assert.equal(await sessions.exists(token), false);
        assert.equal(await sessions.kill(token), false);
      }
    });

    it("an id that is neither text nor a number is an error, not the user undefined or [object Object]", async () => {
      const sessions = fresh();
      const token = await sessions.create(7);
      await sessions.create("undefined");
      for (const id of [undefined, {}, [], true, Symbol("u1"), Number.NaN, () => 1]) {
        for (const use of [
          () => sessions.create(id),
          () => sessions.soid(id),
          () => sessions.countSoid(id),
          () => sessions.killSoid(id),
          ...(id === undefined
            ? []
            : [() => sessions.rotate(token, { id }), () => sessions.save(UNKNOWN, {}, { id })]),
        ]) {
          await assert.rejects(use(), {
            name: "TypeError",
            message: /^id must be a string or a number, not /,
          });
        }
      }
      await assert.rejects(sessions.killSoid(null), /^TypeError: id must be a string or a number, not null$/);
      assert.equal(await sessions.countSoid({ toJSON: () => "7" }), 1);
      assert.equal(await sessions.count(), 2);
    });

    it("options reach the server", async () => {
      const sessions = fresh();
      const token = await sessions.create("u1", { ttl: 60, lifetime: 90, noResave: true });
      const session = await sessions.get(token);
      assert.equal(session.no_resave, true);
      assert.ok(session.until >= session.created + 90);
      assert.equal(
        (await sessions.set(token, { a: 1 }, { ttl: 30, lifetime: 100, ifW: 1, ifId: "u1" })).w,
        2,
      );
      await assert.rejects(sessions.set(token, { a: 2 }, { ifW: 1 }), (error) => {
        assert.ok(error instanceof ConflictError);
        assert.equal(error.code, "CONFLICT");
        return true;
      });
      assert.equal(await sessions.set(token, { a: 2 }, { ifId: "" }), null);
      assert.equal(await sessions.touch(token, { ttl: 20 }), true);
      const { ttl } = await sessions.peek(token);
      assert.ok(ttl > 0 && ttl <= 20, "it counts down");
      await assert.rejects(sessions.create("u1", { max: 1, reject: true }), LimitError);
      await sessions.create("u1", { max: 1 });
      assert.equal(await sessions.exists(token), false);
    });

    it("a visitor's session becomes a user's with its data under a new token", async () => {
      const sessions = fresh();
      const visitor = await sessions.create(null, { data: { cart: 1 } });
      assert.equal("id" in (await sessions.get(visitor)), false);
      const token = await sessions.rotate(visitor, { id: "u1", ttl: 60, data: { hello: "ann" } });
      assert.notEqual(token, visitor);
      assert.equal(await sessions.exists(visitor), false);
      const { id, ttl, d } = await sessions.get(token);
      assert.deepEqual({ id, ttl, d }, { id: "u1", ttl: 60, d: { cart: 1, hello: "ann" } });
      const graced = await sessions.rotate(token, { grace: 20 });
      assert.equal((await sessions.get(token)).token, graced);
      assert.equal("id" in (await sessions.get(await sessions.rotate(graced, { id: null }))), false);
    });

    it("save creates with nx, writes with xx and brings nothing back", async () => {
      const sessions = fresh();
      const token = hashed("sid");
      assert.equal(await sessions.save(token, { a: 1 }, { xx: true }), 0);
      assert.equal(await sessions.save(token, { a: 1, gone: null }, { nx: true, id: "u1", ttl: 60 }), 2);
      assert.equal(await sessions.save(token, { a: 1 }, { nx: true }), 0);
      assert.deepEqual((await sessions.get(token)).d, { a: 1, gone: null });
      assert.equal(await sessions.save(token, { b: 1 }, { xx: true, ifW: 1, id: null }), 1);
      assert.equal("id" in (await sessions.get(token)), false);
      await sessions.kill(token);
      assert.equal(await sessions.save(token, { b: 1 }, { xx: true }), 0);
    });

    it("sessions are listed, counted and ended by user and by app", async () => {
      const sessions = fresh();
      const tokens = [];
      for (const id of ["u1", "u1", "u1", "u2", null])
        tokens.push(await sessions.create(id, { data: { id } }));
      const list = await sessions.soid("u1", { withTokens: true });
      assert.deepEqual(list.map(({ token }) => token).sort(), tokens.slice(0, 3).sort());
      const [only] = await sessions.soid("u1", { only: list[0].sid, noData: true, dt: 60, asc: true });
      assert.equal(only.sid, list[0].sid);
      assert.equal("d" in only, false);
      assert.equal((await sessions.soid("u1", { offset: 1, limit: 1 })).length, 1);
      assert.deepEqual(await sessions.soid("nobody"), []);
      assert.equal((await sessions.soapp(0)).length, 5);
      assert.equal((await sessions.soapp(60, { limit: 2, noData: true, withTokens: true })).length, 2);
      assert.equal(await sessions.activity(60), 2);
      assert.equal(await sessions.count(), 5);
      assert.equal(await sessions.count({ dt: 60 }), 5);
      assert.equal(await sessions.countSoid("u1", { dt: 60 }), 3);
      assert.deepEqual((await sessions.users(60)).sort(), ["u1", "u2"]);
      assert.equal((await sessions.users(60, { limit: 1 })).length, 1);
      assert.equal(await sessions.killSoid("u1", { only: list[0].sid }), 1);
      assert.equal(await sessions.killSoid("u1", { except: list[1].token }), 1);
      assert.equal(await sessions.killSoid("u1"), 1);
      assert.equal(await sessions.killAll(), 2);
    });

    it("refused arguments are errors with a code and without the value", async () => {
      const sessions = fresh();
      await assert.rejects(sessions.create("u1", { ip: "secret\n" }), (error) => {
        assert.ok(error instanceof InvalidArgumentError);
        assert.equal(error.code, "INVALID");
        assert.doesNotMatch(error.message, /secret/);
        return true;
      });
      await assert.rejects(sessions.create("u1", { data: { long: "x".repeat(70_000) } }), DataTooLargeError);
      const token = await sessions.create("u1", { data: { name: "ann" } });
      await assert.rejects(sessions.incr(token, "name"), { code: "ERR", name: "SessionsError" });
    });

    it("data that JSON cannot hold is refused by name before anything is sent", async () => {
      const sessions = fresh();
      const loop = {};
      loop.self = loop;
      for (const [data, text] of [
        [{ price: Number.NaN }, /price is NaN/],
        [{ list: [1, 2n] }, /list\[1\] is a bigint/],
        [{ a: { tags: new Set() } }, /a\.tags is a Set/],
        [loop, /self is a reference/],
        [{ call() {} }, /call is a function/],
        [[], /must be an object/],
      ]) {
        await assert.rejects(sessions.create("u1", { data }), { name: "TypeError", message: text });
      }
      const when = new Date(0);
      const token = await sessions.create("u1", { data: { when, nothing: undefined } });
      assert.deepEqual((await sessions.get(token)).d, { when: "1970-01-01T00:00:00.000Z" });
    });
  });
}

for (const { name, connect, close } of CLIENTS.filter((one) => one.name.startsWith("redis "))) {
  it(`replies are read whatever type mapping the client has, over ${name}`, async (t) => {
    const server = await startServer();
    // Bulk strings, simple strings and numbers.
    const typeMapping = { 36: Buffer, 43: Buffer, 58: String };
    const plain = await connect(server.address);
    const mapped = await connect(server.address, { commandOptions: { typeMapping } });
    t.after(() => Promise.all([close(plain), close(mapped)]));
    for (const client of [plain, mapped, plain.withTypeMapping(typeMapping), mapped.withTypeMapping({})]) {
      const sessions = new Sessions(client, { app: "mapped" });
      const token = await sessions.create("u1", { data: { cart: 3 } });
      assert.match(token, TOKEN);
      assert.equal((await sessions.get(token)).d.cart, 3);
      assert.deepEqual(await sessions.users(60), ["u1"]);
      assert.equal(await sessions.incr(token, "cart"), 4);
      assert.equal(await sessions.killAll(), 1);
    }
  });
}
