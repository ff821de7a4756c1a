// The property `cookie` that express-session and @fastify/session keep in a session. Without `expires` it is
// stored: that changes at every request, and follows from the time-out when the session is read.

import type { Session } from "../session.js";
import { type Fields, fieldsOf } from "./fields.js";
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

/** The cookie that is stored in a session; another framework may have written none. */
export function storedCookie({ d }: Session): CookieData | undefined {
  const { cookie } = d;
  return typeof cookie === "object" && cookie !== null ? (cookie as CookieData) : undefined;
}

/** A stored cookie with its end. */
export function completedCookie(cookie: CookieData, session: Session): CookieData {
  const { originalMaxAge = null } = cookie;
  return { ...cookie, originalMaxAge, expires: originalMaxAge === null ? null : end(session) };
}

/**
 * The text of the cookie to store. `before` is the text it had: express-session loses a millisecond of originalMaxAge
 * now and then, which is no change.
 */
export function cookieText(cookie: WithJson & CookieData, before: string | undefined): string {
  const data = typeof cookie?.toJSON === "function" ? cookie.toJSON() : cookie;
  const { expires: _expires, originalExpires: _originalExpires, ...stored } = data ?? {};
  if (before !== undefined && typeof stored.originalMaxAge === "number") {
    const { originalMaxAge } = JSON.parse(before) as CookieData;
    const isNear =
      typeof originalMaxAge === "number" && Math.abs(originalMaxAge - stored.originalMaxAge) < 50;
    if (isNear) stored.originalMaxAge = originalMaxAge;
  }
  return JSON.stringify(stored);
}

/** A session's data with its cookie; `before` is what was stored. */
export function fieldsWithCookie({ cookie, ...rest }: Data, before?: Fields): Map<string, string> {
  const fields = fieldsOf(rest);
  if (cookie) fields.set("cookie", cookieText(cookie, before?.get("cookie")));
  return fields;
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
