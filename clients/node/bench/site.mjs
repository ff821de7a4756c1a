// site.mjs STORE SOCKET: one Express process whose sessions are kept by STORE, `ours` or `connect-redis`.
import { RedisStore } from "connect-redis";
import express from "express";
import session from "express-session";
import { createClient } from "redis";
import { SessionsStore } from "sessions-for-redis/express";

const [, , name, path] = process.argv;
const client = createClient({ socket: { path } });
await client.connect();
const store = name === "ours" ? new SessionsStore({ client, app: "bench" }) : new RedisStore({ client });
const app = express();
const cookie = { maxAge: 3_600_000 };
app.use(session({ secret: "cats", resave: false, saveUninitialized: false, store, cookie }));
app.get("/read", (req, res) => res.send(String(req.session.n)));
app.get("/change", (req, res) => {
  req.session.n = (req.session.n ?? 0) + 1;
  res.send("ok");
});
const server = app.listen(0, "127.0.0.1", () => process.send(server.address().port));
process.on("disconnect", () => process.exit());
