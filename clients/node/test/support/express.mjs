// A site on Express whose sessions a test reads, changes and holds, and the server behind it.
import { RedisStore } from "connect-redis";
import express from "express";
import session from "express-session";
import { SessionsStore } from "sessions-for-redis/express";
import { ask } from "./server.mjs";
import { Browser, listen } from "./site.mjs";
import { holding, newApp, useServer } from "./store.mjs";

export const unsigned = (browser) =>
  decodeURIComponent(browser.cookies["connect.sid"]).slice(2).split(".")[0];

/** A site with routes by which a test reads, changes and holds its session. */
export async function site(t, store, options = {}) {
  const app = express();
  const { held, hold } = holding();
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
    const { held: name, ...rest } = req.query;
    await held(name);
    for (const [key, value] of Object.entries(rest)) req.session[key] = JSON.parse(value);
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
  app.get("/sid", (req, res) => res.json(store.sidOf(req)));
  app.get("/others", async (req, res) => res.json(await store.endOthers(req)));
  app.use((error, _req, res, _next) => res.status(500).json({ message: error.message, code: error.code }));
  const address = await listen(t, app);
  return { hold, browser: () => new Browser(address) };
}

/** To be called in a suite: starts a server and a client for it. */
export function useExpress() {
  const its = useServer();

  const newStore = (options) => new SessionsStore({ client: its.client, app: newApp(), ...options });
  const usual = () => new RedisStore({ client: its.client, prefix: `usual-${newApp()}:` });

  async function commands() {
    const text = await ask(its.server.address, "INFO commandstats");
    return [...text.matchAll(/^cmdstat_([\w.|]+):calls=(\d+)/gm)].map(([, name, calls]) => [
      name,
      Number(calls),
    ]);
  }

  /**
   * What the server was asked while `run` ran, by name, without the commands on sets that the
   * module itself calls.
   */
  async function asked(run) {
    const before = new Map(await commands());
    await run();
    const since = (await commands()).map(([name, calls]) => [name, calls - (before.get(name) ?? 0)]);
    return Object.fromEntries(
      since.filter(([name, calls]) => calls > 0 && !/^(info|hello|client|sadd|srem|sscan)/.test(name)),
    );
  }

  const command = (...words) => its.client.sendCommand(words);
  return { newStore, usual, asked, command };
}
