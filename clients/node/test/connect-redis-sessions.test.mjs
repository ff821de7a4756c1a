// The middleware that replaces connect-redis-sessions, where its own suite does not look.
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { createClient } from "redis";
import { Sessions } from "sessions-for-redis";
import connectRedisSessions from "sessions-for-redis/connect-redis-sessions";
import { startServer, until } from "./support/server.mjs";
import { Browser, listen } from "./support/site.mjs";

describe("connect-redis-sessions", () => {
  let server;
  before(async () => {
    server = await startServer();
  });

  async function site(t, options, route) {
    const middleware = connectRedisSessions({ app: "webapp", options: { path: server.path }, ...options });
    t.after(() => middleware.handler.rds.quit());
    await until("the connection", () => middleware.handler.ready);
    const address = await listen(t, (request, response) => {
      request.cookies =
        options.cookies ??
        Object.fromEntries((request.headers.cookie ?? "").split("; ").map((pair) => pair.split("=")));
      if (options.cookies === null) request.cookies = undefined;
      const send = (value) => response.end(JSON.stringify(value ?? null));
      middleware(request, response, () => route(request, send, response));
    });
    return new Browser(address);
  }

  const logIn = (request, send) => request.session.upgrade("ann", "60", () => send(request.session._meta));

  it("the cookie is the bare token, with the attributes that are asked for", async (t) => {
    const browser = await site(
      t,
      { cookie: { maxAge: 60_000, sameSite: "lax", domain: "example.org" } },
      logIn,
    );
    const { cookies, text } = await browser.get("/");
    assert.equal(cookies.length, 1);
    assert.match(
      cookies[0],
      /^webapp=[0-9A-Za-z]{64}; Domain=example\.org; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
    );
    assert.deepEqual(JSON.parse(text), { id: "ann", r: 1, w: 1, ttl: 60, idle: 0, ip: "127.0.0.1" });
  });

  it("a secure cookie is only sent on a secure connection", async (t) => {
    const browser = await site(t, { cookie: { secure: true }, proxy: true }, logIn);
    assert.deepEqual((await browser.get("/")).cookies, []);
    const { cookies } = await browser.get("/", { headers: { "x-forwarded-proto": "https" } });
    assert.match(cookies[0], /; Secure$/);
  });

  it("two requests at once that change different properties lose nothing, and what is deleted is gone", async (t) => {
    let waiting = [];
    const browser = await site(t, {}, (request, send) => {
      const { pathname, searchParams } = new URL(request.url, "http://localhost");
      if (pathname === "/login") return logIn(request, send);
      const name = searchParams.get("name");
      if (pathname === "/delete") delete request.session[name];
      if (pathname === "/read") return send(request.session.attributes());
      if (pathname !== "/set") return send();
      waiting.push(() => {
        request.session[name] = 1;
        send();
      });
      if (waiting.length === 2) for (const go of waiting.splice(0)) go();
    });
    await browser.get("/login");
    await Promise.all([browser.get("/set?name=a"), browser.get("/set?name=b")]);
    assert.deepEqual(await browser.json("/read"), { a: 1, b: 1 });
    waiting = [];
    await browser.get("/delete?name=a");
    assert.deepEqual(await browser.json("/read"), { b: 1 });
  });

  it("reload reads what another request has stored; destroy ends the session and its cookie", async (t) => {
    const browser = await site(t, {}, (request, send) => {
      const { session } = request;
      if (request.url === "/login") return logIn(request, send);
      if (request.url === "/destroy") return session.destroy((_error, killed) => send(killed));
      if (request.url === "/read") return send(session.id && session.attributes());
      const rds = session.getRedisSessionsModule();
      rds.set({ app: "webapp", token: session.id, d: { from: "another" } }, () => {
        session.reload((error) => send(error ? error.message : request.session.d));
      });
    });
    await browser.get("/login");
    assert.deepEqual(await browser.json("/reload"), { from: "another" });
    const stolen = { ...browser.cookies };
    assert.equal(await browser.json("/destroy"), 1);
    assert.deepEqual(browser.cookies, {});
    browser.setCookie("webapp", stolen.webapp);
    assert.equal(await browser.json("/read"), null);
  });

  it("data that have the name of a method or property of the session fail no request and stay", async (t) => {
    const others = JSON.parse('{"id":1,"d":2,"save":3,"req":4,"constructor":5,"__proto__":{"admin":true}}');
    let token;
    const browser = await site(t, {}, (request, send) => {
      const { session } = request;
      if (request.url === "/login") return logIn(request, send);
      token = session.id;
      session.cart = (session.cart ?? 0) + 1;
      session.save(() => send([session.attributes(), session.admin]));
    });
    await browser.get("/login");
    await browser.get("/");
    const client = await createClient({ socket: { path: server.path } }).connect();
    t.after(() => client.destroy());
    const sessions = new Sessions(client, { app: "webapp" });
    await sessions.set(token, others);
    assert.deepEqual(await browser.json("/"), [{ cart: 2 }, null]);
    assert.deepEqual(
      Object.entries((await sessions.peek(token)).d),
      Object.entries({ cart: 2 }).concat(Object.entries(others)),
    );
  });

  it("without an app there is an empty session, and without a cookie parser an error", async (t) => {
    const empty = await site(t, { app: (_request, callback) => callback(null) }, (request, send) =>
      request.session.save((error) => send([request.session.id, error.name])),
    );
    assert.deepEqual(await empty.json("/"), [null, "no-token"]);
    t.mock.method(console, "error", () => {});
    const unparsed = await site(t, { cookies: null }, (_request, send) => send());
    const { status, text } = await unparsed.get("/");
    assert.equal(status, 500);
    assert.match(text, /cookieParser has not been initialized/);
    assert.throws(() => connectRedisSessions({}), { name: "no-app-defined" });
  });
});
