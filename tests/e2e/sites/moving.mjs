// A site that moves from redisess and from connect-redis: /old/… creates a session as the old site
// did, /me is the new site. The three modules that it imports come from docs/migration.md.
import { RedisStore } from "connect-redis";
import express from "express";
import session from "express-session";
import Redis from "ioredis";
import { createClient } from "redis";
import { SessionManager } from "redisess";
import { connectRedis } from "./from-connect-redis.mjs";
import { redisess } from "./from-redisess.mjs";
import { movesFrom } from "./moving.mjs";

const url = process.env.REDIS_URL;
const redis = await createClient({ url }).connect();
const CART = [{ item: "bread", count: 2 }];
const app = express();

// The wipe of redisess is off, so that an expired session is still there to be found.
const manager = new SessionManager(new Redis(url), {
  namespace: "myapp", additionalFields: ["groupId"], wipeInterval: 3600000 });
app.post("/old/redisess", async (req, res) => {
  const old = await manager.create("ann@example.com", { ttl: Number(req.query.ttl ?? 240), groupId: 111 });
  await old.set({ name: "Änn", visits: 7, paid: true, since: new Date("2024-05-06T07:08:09Z"), cart: CART,
    key: Buffer.from([1, 2]), nothing: null });
  if ("expired" in req.query) await redis.hSet(`myapp:sess_${old.sessionId}`, "ex", "1000000000");
  res.cookie("sid", old.sessionId).send("ok");
});

app.use("/old/connect", session({
  store: new RedisStore({ client: redis, prefix: "sess:" }), secret: process.env.OLD_SECRET,
  resave: false, saveUninitialized: false, cookie: { maxAge: 3600000 } }));
app.post("/old/connect", (req, res) => {
  Object.assign(req.session, { visits: 7, paid: true, cart: CART, nothing: null });
  if (req.query.user) req.session.userId = Number(req.query.user);
  res.send("ok");
});

app.use(movesFrom(redis, redisess, "sid"));
app.use(movesFrom(redis, connectRedis, "connect.sid"));
app.get("/me", async (req, res) => {
  const reply = req.token && (await redis.sendCommand(["SESSIONS.GET", "webapp", req.token, "JSON"]));
  if (!reply) return res.sendStatus(401);
  res.type("json").send(reply);
});

app.listen(Number(process.env.PORT), "127.0.0.1");
