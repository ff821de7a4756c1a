// The store for koa-session. What was read is remembered by the request's ctx.

import { end, isMaxAge } from "../stores/cookie.js";
import { deviceOf } from "../stores/device.js";
import { parted, partedFields } from "../stores/fields.js";
import type { Saving } from "../stores/keeper.js";
import { Loaded } from "../stores/loaded.js";
import { ManagedStore } from "../stores/management.js";
import type { Data, StoreOptions } from "../stores/options.js";
import { remember, remembered } from "../stores/remembered.js";
import { publicSid, tokenOf } from "../stores/token.js";

export { type SignedCookie, type SignedCookieOptions, signedCookie } from "./cookie.js";
export type SessionsStoreOptions = StoreOptions;

interface Options {
  // biome-ignore lint/suspicious/noExplicitAny: koa's own type depends on the site's middleware
  ctx?: any;
}

// Properties of koa-session's Session, which data of the same name would replace.
const PROPERTIES = ["isNew", "length", "populated", "maxAge", "externalKey", "_requireSave"];
const METHODS = ["toJSON", "save", "regenerate", "manuallyCommit", "commit"];
// koa-session assigns what was read, which would change its prototype.
const NAMES = new Set([...PROPERTIES, ...METHODS, "__proto__"]);
const OWN = new Set(["_expire", "_maxAge", "_session"]);

/**
 * Whether koa-session saves a property of this name: of the names that begin with `_` it only saves
 * its own.
 */
const saves = (name: string) => OWN.has(name) || !(name.startsWith("_") || NAMES.has(name));

/**
 * Whether koa-session can have stored the value. It fails with other values, which another program
 * may have written.
 */
function isUsable(name: string, value: unknown): boolean {
  if (name === "_maxAge") return isMaxAge(value);
  return name !== "_expire" || Number.isFinite(value);
}

// With maxAge "session" koa-session 7.0 treats a second save in one request, such as the one after
// regenerate, as if its maxAge were a day.
function forgets(loaded: Loaded, { sessionOptions }: { sessionOptions?: { maxAge?: unknown } }): boolean {
  const hasNone = sessionOptions !== undefined && sessionOptions.maxAge === undefined;
  return hasNone && loaded.was.had.has("_session");
}

function endless({ _expire, _maxAge, ...data }: Data): Data {
  return { ...data, _session: true };
}

export class SessionsStore extends ManagedStore {
  #of(ctx: object): Map<string, Loaded> {
    let map = remembered<Map<string, Loaded>>(ctx, this);
    if (!map) {
      map = new Map();
      remember(ctx, this, map);
    }
    return map;
  }

  async get(key: string, _maxAge?: number | "session", { ctx }: Options = {}): Promise<Data | undefined> {
    const read = await this.keeper.read(key, (read) => read);
    if (!read) return undefined;
    const { session: found } = read;
    if (ctx) {
      const was = () => partedFields(read.fields(), saves);
      this.#of(ctx).set(key, this.keeper.loaded(read, parted(found.d, saves)[0], was));
    }
    const [d] = parted(found.d, (name) => !NAMES.has(name) && isUsable(name, found.d[name]));
    // Another framework has stored no end, by which koa-session renews a session.
    return d._session || d._expire !== undefined ? d : { ...d, _expire: end(found).getTime() };
  }

  async set(key: string, data: Data, maxAge?: number | "session", { ctx }: Options = {}): Promise<void> {
    if (!ctx) return this.keeper.write(key, undefined, this.#saving(data, maxAge));
    const map = this.#of(ctx);
    const loaded = map.get(key) ?? Loaded.fresh(key);
    map.set(key, loaded);
    const device = loaded.isNew ? deviceOf(ctx.ip, ctx.get?.("user-agent")) : undefined;
    const saving = forgets(loaded, ctx) ? this.#saving(endless(data), "session") : this.#saving(data, maxAge);
    await this.keeper.write(key, loaded, { ...saving, ...device });
  }

  #saving(data: Data, maxAge: number | "session" | undefined): Saving {
    const expires = typeof maxAge === "number" ? new Date(Date.now() + maxAge) : null;
    const ttl = this.keeper.ttl(data, { expires, originalMaxAge: maxAge });
    return { stored: data, data, ttl };
  }

  async destroy(key: string, _options?: Options): Promise<void> {
    await this.keeper.end(key);
  }

  /** The sid of the request's session, to find this device in the result of `sessionsOf`. */
  sidOf(ctx: { session: Data }): string {
    return publicSid(tokenOf(String(ctx.session.externalKey)));
  }

  /** Ends the other sessions of the request's user; returns how many. */
  endOthers(ctx: { session: Data }): Promise<number> {
    const key = String(ctx.session.externalKey);
    return this.keeper.endOthers(key, ctx.session, this.#of(ctx).get(key));
  }
}
