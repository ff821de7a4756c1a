// The shop: it has the log-in page of the whole site, and shows what the gateway has told it.
// Node.js without packages.
import http from "node:http";

const { PORT, SESSIONS_URL, SESSIONS_KEY } = process.env;
const ROLES = { ann: "admin", "zoë@example.com": "customer" };

/** A request to the store. */
function store(method, path, token, body) {
  const headers = { authorization: `Bearer ${SESSIONS_KEY}` };
  if (token) headers["session-token"] = token;
  if (body) headers["content-type"] = "application/json";
  return fetch(`${SESSIONS_URL}/v1/apps/webapp/${path}`, { method, headers, body: body && JSON.stringify(body) });
}

/** Whether a form comes from a page of this site. */
function isOwn({ headers }) {
  const from = headers["sec-fetch-site"];
  return from ? from === "same-origin" : headers.origin?.replace(/^https?:\/\//, "") === headers.host;
}

const token = ({ headers }) => /(?:^|;)\s*sid=([A-Za-z0-9]{64})(?:;|$)/.exec(headers.cookie ?? "")?.[1];

/** The way back, percent-encoded from Caddy, as it is from nginx. */
function wayBack(url) {
  const given = /[?&]return=(.*)$/.exec(url)?.[1] ?? "/";
  const path = given.startsWith("/") ? given : decodeURIComponent(given);
  return /^\/(?![/\\])/.test(path) && !/[\x00-\x1f\x7f]/.test(path) ? path : "/";
}

const escape = (value) => value.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

async function text(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function logIn(request, response) {
  const fields = new URLSearchParams(await text(request));
  const user = fields.get("user") ?? "";
  if (!ROLES[user] || fields.get("password") !== "demo") return response.writeHead(403).end("Unknown\n");
  const made = await store("POST", "sessions", null, { id: user, ttl: 3600, data: { role: ROLES[user] } });
  if (made.status !== 201) return response.writeHead(503).end("Try again\n");
  const cookie = `sid=${(await made.json()).token}; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax`;
  response.writeHead(303, { "set-cookie": cookie, location: wayBack(`?return=${fields.get("return") ?? "/"}`) }).end();
}

async function logOut(request, response) {
  const ended = token(request) ? (await store("DELETE", "session", token(request))).status : 404;
  if (![204, 404].includes(ended)) return response.writeHead(503).end("Try again\n");
  response.writeHead(303, { "set-cookie": "sid=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax", location: "/login" }).end();
}

http
  .createServer(async (request, response) => {
    const { method, url } = request;
    const path = url.split("?")[0];
    if (method === "POST" && !isOwn(request)) return response.writeHead(403).end("A form of another site\n");
    if (path === "/login" && method === "POST") return logIn(request, response);
    if (path === "/logout" && method === "POST") return logOut(request, response);
    if (path === "/login") {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
      return response.end(`<form method="post" action="/login"><input name="return" value="${escape(wayBack(url))}">
<input name="user"><input name="password" type="password"><button>Log in</button></form>\n`);
    }
    const user = decodeURIComponent(request.headers["x-session-user"] ?? "");
    const body = await text(request);
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ site: "shop", user, method, url, headers: request.rawHeaders, body }));
  })
  .listen(Number(PORT), "127.0.0.1");
