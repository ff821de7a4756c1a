// The property `cookie` that express-session and @fastify/session keep in a session. It is stored
// without `expires`, which changes at every request and is computed from the timeout when the
// session is read.

import { toJson } from "../data.js";
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

// The attributes of a cookie that the frameworks accept. With other values they fail, or do not
// respond to the request.
const isFlag = (value: unknown) => typeof value === "boolean";
const isText = (value: unknown, form: RegExp) => typeof value === "string" && form.test(value);
// Ten years, the longest timeout of a session.
const LONGEST = 315_360_000_000;
/** The number of milliseconds that a date can hold. */
export function isMaxAge(value: unknown): boolean {
  return Number.isFinite(value) && Math.abs(value as number) <= LONGEST;
}

const ATTRIBUTES: { [name: string]: (value: unknown) => boolean } = {
  originalMaxAge: isMaxAge,
  expires: () => true, // It is not used.
  path: (value) => isText(value, /^[ -:=-~]*$/),
  domain: (value) =>
    isText(value, /^\.?[a-z\d]([a-z\d-]{0,61}[a-z\d])?(\.[a-z\d]([a-z\d-]{0,61}[a-z\d])?)*$/i),
  httpOnly: isFlag,
  secure: (value) => isFlag(value) || value === "auto",
  partitioned: isFlag,
  sameSite: (value) => isFlag(value) || isText(value, /^(lax|strict|none|auto)$/i),
  priority: (value) => isText(value, /^(low|medium|high)$/i),
};

/**
 * The stored cookie without values that no framework can have stored, because another program may
 * have written them.
 */
function usable(cookie: CookieData): CookieData {
  let isUsable = !Array.isArray(cookie);
  const found: CookieData = {};
  for (const name of Object.keys(cookie)) {
    const value = cookie[name];
    const isValid = Object.hasOwn(ATTRIBUTES, name) ? ATTRIBUTES[name] : undefined;
    if (isValid && (value === null || isValid(value))) found[name] = value;
    else isUsable = false;
  }
  return isUsable ? cookie : found;
}

/** Whether a cookie is stored in a session: another framework may not have stored one. */
export function hasCookie({ d: { cookie } }: Session): boolean {
  return typeof cookie === "object" && cookie !== null;
}

/**
 * The data of a session that was read, with the end of the cookie; `otherwise` is the cookie if
 * none is stored.
 */
export function dataWithCookie(session: Session, otherwise: CookieData): Data {
  // The object is changed in place: a copy takes several times as long to make and to use.
  const d: Data = session.d;
  if (hasCookie(session)) {
    d.cookie = usable(d.cookie);
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
  return { ...(typeof toJSON === "function" ? toJSON.call(cookie) : cookie) };
}

// express-session sometimes changes originalMaxAge by this number of milliseconds, which is not a
// change of the cookie.
const NEAR = 50;

function isNear(one: unknown, other: unknown): boolean {
  return typeof one === "number" && typeof other === "number" && Math.abs(one - other) < NEAR;
}

/** The text of the cookie to store. `before` is the stored one. */
export function cookieText(cookie: object, before?: string): string {
  const data: { [name: string]: unknown } = cookieData(cookie);
  for (const name in data) {
    if (name === "expires" || name === "originalExpires") data[name] = undefined;
    // The framework itself reports a maxAge that is not a number.
    else if (Number.isNaN(data[name])) data[name] = null;
  }
  const text = toJson(data);
  if (before === undefined || before === text) return text;
  const { originalMaxAge } = (JSON.parse(before) ?? {}) as { originalMaxAge?: unknown };
  if (!isNear(originalMaxAge, data.originalMaxAge)) return text;
  return toJson({ ...data, originalMaxAge });
}

/** The text of the cookie of a session that was read as the framework gets it. */
export function readCookieText(stored: string | undefined, otherwise: CookieData): string {
  const cookie: unknown = stored === undefined ? undefined : JSON.parse(stored);
  if (typeof cookie !== "object" || cookie === null) return cookieText(otherwise);
  const data = usable(cookie as CookieData);
  return cookieText({ ...data, originalMaxAge: data.originalMaxAge ?? null });
}

// Milliseconds that a request may take.
const REQUEST = 60_000;

/** Seconds until the cookie ends; NaN if its `expires` is not a date. */
export function secondsLeft({
  expires,
  originalMaxAge,
}: {
  expires?: unknown;
  originalMaxAge?: unknown;
}): number {
  const left = new Date(expires as string).getTime() - Date.now();
  const whole = Number(originalMaxAge);
  // The cookie was made when the request began, so the time since then is added: it must not
  // shorten the session.
  const isWhole = left > 0 && whole > left && whole - left < REQUEST;
  return (isWhole ? whole : left) / 1000;
}
