// site.mjs STORE SOCKET: one Express process whose sessions are kept by STORE, `ours` or
// `connect-redis`. Sends its port, and the CPU time that it has used when it is asked.
import { RedisStore } from "connect-redis";
import express from "express";
import session from "express-session";
import { createClient } from "redis";
import { SessionsStore } from "sessions-for-redis/express";

const [, , name, path] = process.argv;
const client = createClient({ socket: { path } });
client.on("error", () => process.exit()); // The server goes at the end of the run.
await client.connect();
const store = name === "ours" ? new SessionsStore({ client, app: "bench" }) : new RedisStore({ client });
const app = express();
const cookie = { maxAge: 3_600_000 };
app.use(session({ secret: "cats", resave: false, saveUninitialized: false, store, cookie }));
app.get("/start", (req, res) => {
  req.session.user = { id: 4711, name: "Ann Example", roles: ["customer", "beta"] };
  req.session.cart = [{ article: "a-1", pieces: 2 }];
  req.session.lang = "en";
  req.session.n = 0;
  res.send("ok");
});
app.get("/read", (req, res) => res.send(String(req.session.n)));
app.get("/change", (req, res) => {
  req.session.n += 1;
  res.send("ok");
});
const server = app.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
process.on("message", () => process.send({ cpu: process.cpuUsage() }));
process.on("disconnect", () => process.exit());
