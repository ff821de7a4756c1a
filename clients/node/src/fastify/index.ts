// The store for @fastify/session. That copies the properties of what it reads into an object of its own, so what is
// remembered travels as a property that JSON leaves out.

import { type Callback, deliver } from "../deliver.js";
import { completedCookie, fieldsWithCookie, storedCookie } from "../stores/cookie.js";
import { fieldsOf, parted } from "../stores/fields.js";
import { type Loaded, warnUninitialized } from "../stores/keeper.js";
import { ManagedStore } from "../stores/management.js";
import type { Data, StoreOptions } from "../stores/options.js";
import { publicSid, tokenOf } from "../stores/token.js";

export type SessionsStoreOptions = StoreOptions;

const MARK = "_loaded";

/** What was read, in a form that JSON leaves out. */
class Mark {
  readonly loaded: Loaded;

  constructor(loaded: Loaded) {
    this.loaded = loaded;
    Object.defineProperty(this, "loaded", { enumerable: false });
  }

  toJSON(): undefined {
    return undefined;
  }
}

// Properties of the framework's Session: it does not take some of them from what was read, and others would take the place of
// its methods.
const METHODS = [
  "options",
  "touch",
  "regenerate",
  "get",
  "set",
  "destroy",
  "reload",
  "save",
  "isModified",
  "isSaved",
];
const NAMES = new Set([MARK, "sessionId", "encryptedSessionId", ...METHODS]);

function fields(data: Data, before?: Loaded): Map<string, string> {
  const [own] = parted(data, (name) => !NAMES.has(name));
  return fieldsWithCookie(own, before?.fields);
}

/** A cookie's text with the framework's defaults, to compare: one that it filled in is no change. */
function completed(text: string): string {
  const { originalMaxAge, sameSite, secure, path, httpOnly, domain, partitioned } = JSON.parse(text);
  const flags = [secure || null, sameSite || null, domain || null, partitioned || null];
  return JSON.stringify([originalMaxAge ?? null, path || "/", httpOnly ?? true, ...flags]);
}

export class SessionsStore extends ManagedStore {
  // Of the objects that were stored here.
  readonly #loaded = new WeakMap<object, Loaded>();

  get(sid: string, callback?: Callback): Promise<Data | null> {
    return deliver(this.#read(sid), callback);
  }

  async #read(sid: string): Promise<Data | null> {
    const found = await this.keeper.read(sid);
    if (!found) return null;
    // Where no cookie was stored, the framework takes its own.
    const stored = storedCookie(found);
    const { expires: _expires, ...cookie } = stored ? completedCookie(stored, found) : {};
    const [had, hidden] = parted(found.d, (name) => !NAMES.has(name));
    const data: Data = { ...had, cookie };
    const loaded = this.keeper.loaded(sid, found, data, fields(data), fieldsOf(hidden));
    data[MARK] = new Mark(loaded);
    return data;
  }

  /** What is known of the object: it was read, is a new Session, or is of unknown origin. */
  #known(sid: string, data: Data): Loaded | undefined {
    const token = tokenOf(sid);
    const loaded = this.#loaded.get(data) ?? data[MARK]?.loaded;
    if (loaded?.token === token) return loaded;
    const isSession = data.sessionId === sid && typeof data.encryptedSessionId === "string";
    return isSession ? this.keeper.fresh(sid) : undefined;
  }

  set(sid: string, data: Data, callback?: Callback): Promise<void> {
    return deliver(this.#write(sid, data), callback);
  }

  async #write(sid: string, data: Data): Promise<void> {
    const loaded = this.#known(sid, data);
    if (loaded) this.#loaded.set(data, loaded);
    const texts = fields(data, loaded);
    const [cookie, before] = [texts.get("cookie"), loaded?.fields.get("cookie")];
    if (cookie && before && completed(cookie) === completed(before)) texts.set("cookie", before);
    if (loaded?.isNew && texts.size <= 1) warnUninitialized();
    const ttl = this.keeper.ttl(data, data.cookie);
    await this.keeper.write(sid, loaded, { fields: texts, data, ttl });
  }

  destroy(sid: string, callback?: Callback): Promise<void> {
    return deliver(this.keeper.end(sid), callback);
  }

  /** The sid of the request's session, which `sessionsOf` has: this device. */
  sidOf(request: { session: { sessionId: string } }): string {
    return publicSid(tokenOf(request.session.sessionId));
  }

  /** Ends the other sessions of the request's user; returns how many. */
  endOthers(request: { session: { sessionId: string } }): Promise<number> {
    return this.keeper.endOthers(request.session.sessionId, request.session);
  }
}
