// A site that stores its sessions with the npm package connect-redis-sessions.
"use strict";
const connectRedisSessions = require("connect-redis-sessions");
const cookieParser = require("cookie-parser");
const express = require("express");

const app = express();
const { port } = new URL(process.env.REDIS_URL);
app.use(cookieParser(), connectRedisSessions({ app: "webapp", port: Number(port), wipe: 0 }));
app.post("/login", (req, res) => req.session.upgrade("ann", (error) => {
  if (error) return res.sendStatus(500);
  req.session.cart = 3;
  res.send("ok");
}));
app.get("/me", (req, res) => res.json({ id: req.session._meta?.id ?? null, cart: req.session.cart ?? null }));
app.listen(Number(process.env.PORT), "127.0.0.1");
