// The property `cookie` that express-session and @fastify/session keep in a session. Without `expires` it is
// stored: that changes at every request, and follows from the time-out when the session is read.

import type { JsonObject } from "../data.js";
import type { Session } from "../session.js";
import type { Data } from "./options.js";

export interface CookieData {
  originalMaxAge?: number | null;
  expires?: Date | string | null;
  originalExpires?: unknown;
  [name: string]: unknown;
}

interface WithJson {
  toJSON?(): CookieData;
}

/** When the session ends if it is not used again. */
export function end({ ttl, until }: Pick<Session, "ttl" | "until">): Date {
  const byUse = Date.now() + ttl * 1000;
  return new Date(until === undefined ? byUse : Math.min(byUse, until * 1000));
}

/** Whether a cookie is stored in a session; another framework may have written none. */
export function hasCookie({ d: { cookie } }: Session): boolean {
  return typeof cookie === "object" && cookie !== null;
}

/** The data of a session that was read, the cookie with its end; `otherwise` is the cookie if none is stored. */
export function dataWithCookie(session: Session, otherwise: CookieData): Data {
  // Changed in place: a copy of a parsed object takes several times as long, and so does what is done with it.
  const d: Data = session.d;
  if (hasCookie(session)) {
    d.cookie.originalMaxAge ??= null;
    d.cookie.expires = d.cookie.originalMaxAge === null ? null : end(session);
  } else {
    d.cookie = otherwise;
  }
  return d;
}

/** The properties of a cookie, which a framework's class keeps elsewhere. */
export function cookieData(cookie: object): CookieData {
  const { toJSON } = cookie as WithJson;
  return typeof toJSON === "function" ? toJSON.call(cookie) : { ...cookie };
}

/**
 * The cookie to store. `before` is what it was: express-session loses a millisecond of originalMaxAge now and then, which is
 * no change.
 */
export function cookieToStore(cookie: object, before?: unknown): JsonObject {
  const data = cookieData(cookie) ?? {};
  const stored: CookieData = {};
  for (const name of Object.keys(data)) {
    const value = data[name];
    if (name === "expires" || name === "originalExpires" || value === undefined) continue;
    // The framework itself reports a maxAge that is no number.
    stored[name] = Number.isNaN(value) ? null : value;
  }
  const { originalMaxAge } = (before ?? {}) as CookieData;
  const isNear =
    typeof originalMaxAge === "number" &&
    typeof stored.originalMaxAge === "number" &&
    Math.abs(originalMaxAge - stored.originalMaxAge) < 50;
  if (isNear) stored.originalMaxAge = originalMaxAge;
  return stored as JsonObject;
}

// Milliseconds that a request may take.
const REQUEST = 60_000;

/** Seconds until the cookie ends; NaN if its `expires` is no date. */
export function secondsLeft({
  expires,
  originalMaxAge,
}: {
  expires?: unknown;
  originalMaxAge?: unknown;
}): number {
  const left = new Date(expires as string).getTime() - Date.now();
  const whole = Number(originalMaxAge);
  // The cookie was made when the request began: the time since then does not make the session shorter.
  const isWhole = left > 0 && whole > left && whole - left < REQUEST;
  return (isWhole ? whole : left) / 1000;
}
