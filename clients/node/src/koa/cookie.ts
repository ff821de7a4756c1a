// The signed cookie of express-session and @fastify/session for koa-session, which otherwise signs
// in a second cookie.

import { createHmac, timingSafeEqual } from "node:crypto";

/** The attributes of the cookie, as koa-session takes them. */
export interface SignedCookieOptions {
  maxAge?: number | "session" | undefined;
  path?: string | undefined;
  domain?: string | undefined;
  secure?: boolean | undefined;
  httpOnly?: boolean | undefined;
  sameSite?: "strict" | "lax" | "none" | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: koa's own type depends on the site's middleware
type Context = any;

/** Options of koa-session. */
export interface SignedCookie extends SignedCookieOptions {
  key: string;
  signed: false;
  externalKey: {
    get(ctx: Context): string;
    set(ctx: Context, id: string): void;
  };
}

function signature(id: string, secret: string): string {
  return createHmac("sha256", secret).update(id).digest("base64").replace(/=+$/, "");
}

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return "";
  }
}

/** The session id in the cookie's value, if one of the secrets has signed it; otherwise empty. */
function signedId(value: string, secrets: string[]): string {
  const [, id = "", sent = ""] = /^(?:s:)?(.*)\.([^.]*)$/s.exec(decoded(value)) ?? [];
  return secrets.some((secret) => isEqual(sent, signature(id, secret))) ? id : "";
}

/**
 * The options with which koa-session shares one cookie with express-session and @fastify/session.
 * The value of the cookie is `s:ID.SIGNATURE`. If there are several secrets, the first one signs
 * and all of them are accepted.
 */
export function signedCookie(
  name: string,
  secret: string | string[],
  options: SignedCookieOptions = {},
): SignedCookie {
  const secrets = [secret].flat();
  const [first] = secrets;
  if (!first || secrets.some((one) => typeof one !== "string" || one === "")) {
    throw new TypeError("secret must be a string or a list of strings");
  }
  const { maxAge = 86_400_000, ...attributes } = options;
  const set = { ...attributes, signed: false, overwrite: true };
  return {
    ...options,
    key: name,
    signed: false,
    externalKey: {
      get: (ctx) => signedId(ctx.cookies.get(name, { signed: false }) ?? "", secrets),
      set: (ctx, id) => {
        const value = encodeURIComponent(`s:${id}.${signature(id, first)}`);
        ctx.cookies.set(name, value, maxAge === "session" ? set : { ...set, maxAge });
      },
    },
  };
}
