// A site on Express whose sessions a test reads, changes and holds, and the server behind it.
import { createHash } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { after, before } from "node:test";
import { RedisStore } from "connect-redis";
import express from "express";
import session from "express-session";
import { createClient } from "redis";
import { SessionsStore } from "sessions-for-redis/express";
import { ask, startServer } from "./server.mjs";
import { Browser, listen } from "./site.mjs";

export const hashed = (text) => createHash("sha256").update(text).digest("hex");
export const unsigned = (browser) =>
  decodeURIComponent(browser.cookies["connect.sid"]).slice(2).split(".")[0];
let apps = 0;

/** To be called in a suite: starts a server and a client for it, and ends them after it. */
export function useExpress() {
  let server;
  let client;
  before(async () => {
    server = await startServer();
    client = createClient({ socket: { path: server.path } });
    client.on("error", () => {}); // The server goes at the end of the file.
    await client.connect();
  });
  after(() => client.destroy());

  const newStore = (options) => new SessionsStore({ client, app: `app${apps++}`, ...options });
  const usual = () => new RedisStore({ client, prefix: `usual${apps++}:` });

  /** A site with routes by which a test reads, changes and holds its session. */
  async function site(t, store, options = {}) {
    const app = express();
    const gates = new EventEmitter();
    app.use(session({ secret: "cats", resave: false, saveUninitialized: false, store, ...options }));
    app.get("/read", (req, res) => res.json({ ...req.session, cookie: undefined }));
    app.get("/cookie", (req, res) => res.json(req.session.cookie));
    app.get("/set", (req, res) => {
      for (const [name, value] of Object.entries(req.query)) req.session[name] = JSON.parse(value);
      res.json(null);
    });
    app.get("/delete", (req, res) => {
      for (const name of Object.keys(req.query)) delete req.session[name];
      res.json(null);
    });
    app.get("/slow", async (req, res) => {
      const { held, ...rest } = req.query;
      gates.emit(`${held} arrived`);
      await once(gates, `${held} go`);
      for (const [name, value] of Object.entries(rest)) req.session[name] = JSON.parse(value);
      res.json(null);
    });
    app.get("/login", (req, res, next) => {
      const { user, keep } = req.query;
      const done = (error) => {
        if (error) return next(error);
        req.session.passport = { user };
        req.session.save((failure) => (failure ? next(failure) : res.json(null)));
      };
      if (keep) done();
      else req.session.regenerate(done);
    });
    app.get("/logout", (req, res, next) =>
      req.session.destroy((error) => (error ? next(error) : res.json(null))),
    );
    app.get("/others", async (req, res) => res.json(await store.endOthers(req)));
    app.use((error, _req, res, _next) => res.status(500).json({ message: error.message, code: error.code }));
    const address = await listen(t, app);
    return { gates, browser: () => new Browser(address) };
  }

  /** Starts a request that is held, and returns the function that lets it go. */
  async function hold({ gates }, browser, name, query) {
    const arrived = once(gates, `${name} arrived`);
    const response = browser.get(`/slow?held=${name}&${query}`);
    await arrived;
    return () => {
      gates.emit(`${name} go`);
      return response;
    };
  }

  async function commands() {
    const text = await ask(server.address, "INFO commandstats");
    return [...text.matchAll(/^cmdstat_([\w.|]+):calls=(\d+)/gm)].map(([, name, calls]) => [
      name,
      Number(calls),
    ]);
  }

  /** What the server was asked while `run` ran, by name. */
  async function asked(run) {
    const before = new Map(await commands());
    await run();
    const since = (await commands()).map(([name, calls]) => [name, calls - (before.get(name) ?? 0)]);
    return Object.fromEntries(
      since.filter(([name, calls]) => calls > 0 && !/^(info|hello|client)/.test(name)),
    );
  }

  const command = (...words) => client.sendCommand(words);
  return { newStore, usual, site, hold, asked, command };
}
