// A small shop with log-in on Express that keeps its sessions in Redis. See ../README.md.
import { randomUUID, timingSafeEqual } from "node:crypto";
import { fileURLToPath } from "node:url";
import express from "express";
import nunjucks from "nunjucks";
import { createClient } from "redis";
import { Sessions } from "sessions-for-redis";

const PRODUCTS = ["apples", "bread", "cheese"];
// Instead of your users and the hashes of their passwords.
const PASSWORDS = new Map([["ann", "demo"], ["bob", "demo"]]);
const BEHIND_TLS = process.env.BEHIND_TLS === "1";
const COOKIE = BEHIND_TLS ? "__Host-session" : "session";
const COOKIE_RULES = { path: "/", httpOnly: true, sameSite: "lax", secure: BEHIND_TLS };
const HEADERS = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'",
};
const beside = (path) => fileURLToPath(new URL(path, import.meta.url));

const redis = createClient({ url: process.env.REDIS_URL ?? "redis://127.0.0.1:6379" });
redis.on("error", (error) => console.error(error.message)); // the client reconnects automatically
await redis.connect();
const sessions = new Sessions(redis, { app: "shop" });

const app = express().disable("x-powered-by");
app.set("trust proxy", BEHIND_TLS ? 1 : false); // the proxy sends the client's address
nunjucks.configure(beside("../pages"), { express: app, autoescape: true });

/**
 * The session that the cookie names, with its token, or null. Reading it counts as a use. An
 * anonymous session has no id.
 */
async function current(req) {
  const cookies = (req.headers.cookie ?? "").split(/; */).map((pair) => pair.split("="));
  const token = cookies.find(([name]) => name === COOKIE)?.[1];
  const session = token ? await sessions.get(token) : null;
  return session && { ...session, token };
}

const address = (req) => req.ip.slice(0, 64);
// A log-in ends after two hours without use, and after a week even if it is used. The log-in on a
// sixth device ends the session that was least recently used.
const RULES = { ttl: 7200, lifetime: 604800, max: 5 };
const login = (req) => ({ ip: address(req), ua: req.headers["user-agent"] ?? "", ...RULES });

function go(res, path, token) {
  if (token) res.cookie(COOKIE, token, COOKIE_RULES);
  res.redirect(303, path);
}

function rightPassword(user, password) {
  const [given, wanted] = [password, PASSWORDS.get(user) ?? randomUUID()].map((text) => Buffer.from(text));
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

async function shop(req, res, wrong) {
  const session = await current(req);
  res.status(wrong ? 401 : 200);
  res.render("shop.html", { user: session?.id, d: session?.d, products: PRODUCTS, wrong });
}

app.use((req, res, next) => {
  res.set(HEADERS);
  const { "sec-fetch-site": site, origin = "", host } = req.headers;
  const ours = site ? site === "same-origin" : URL.canParse(origin) && new URL(origin).host === host;
  if (req.method === "POST" && !ours) return res.sendStatus(403); // a form of another site
  next();
});
app.use("/static", express.static(beside("../static"), { cacheControl: false }));
app.use(express.urlencoded({ extended: false }));

app.get("/", (req, res) => shop(req, res, false));

app.post("/cart", async (req, res) => {
  const item = req.body?.item;
  if (!PRODUCTS.includes(item)) return res.sendStatus(400);
  const session = await current(req);
  const fresh = session ? null : await sessions.create(null, { ip: address(req), ttl: 1800 });
  await sessions.incr(fresh ?? session.token, item);
  go(res, "/", fresh);
});

app.post("/login", async (req, res) => {
  const { user, password } = { user: "", password: "", ...req.body };
  if (!rightPassword(String(user), String(password))) return shop(req, res, true);
  const session = await current(req);
  let token = null;
  if (session && [undefined, user].includes(session.id)) {
    // The session keeps the cart and gets a new token; the old token is no longer valid.
    token = await sessions.rotate(session.token, { id: user, ...login(req) });
  } else if (session) {
    // The session belongs to another user, and none of its data may be kept.
    await sessions.kill(session.token);
  }
  go(res, "/", token ?? (await sessions.create(user, login(req))));
});

app.post("/logout", async (req, res) => {
  const session = await current(req);
  if (session) await sessions.kill(session.token);
  res.clearCookie(COOKIE, COOKIE_RULES);
  go(res, "/");
});

app.get("/devices", async (req, res) => {
  const session = await current(req);
  if (!session?.id) return go(res, "/");
  const devices = await sessions.soid(session.id, { limit: 50, noData: true });
  const now = Math.floor(Date.now() / 1000);
  res.render("devices.html", { user: session.id, devices, here: session.sid, now });
});

app.post("/devices/logout", async (req, res) => {
  const sid = req.body?.sid;
  if (!/^([0-9a-f]{16}|others)$/.test(sid)) return res.sendStatus(400);
  const session = await current(req);
  const which = sid === "others" ? { except: session?.token } : { only: sid };
  if (session?.id) await sessions.killSoid(session.id, which);
  go(res, "/devices");
});

app.listen(Number(process.env.PORT ?? 8080), "127.0.0.1");
