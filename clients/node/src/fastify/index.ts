// The store for @fastify/session. That copies the properties of what it reads into an object of its own, so what is
// remembered travels as a property that JSON leaves out.

import type { JsonObject } from "../data.js";
import { type Callback, deliver } from "../deliver.js";
import { cookieToStore, dataWithCookie } from "../stores/cookie.js";
import { parted } from "../stores/fields.js";
import { warnUninitialized } from "../stores/keeper.js";
import { Loaded, type Was } from "../stores/loaded.js";
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
// its methods. It assigns `__proto__`, too, and so would get another prototype.
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
const NAMES = new Set([MARK, "sessionId", "encryptedSessionId", "__proto__", ...METHODS]);

function partedData(data: Data, before?: JsonObject): Was {
  const [had, hidden] = parted(data, (name) => !NAMES.has(name));
  if (data.cookie) had.cookie = cookieToStore(data.cookie, before?.cookie);
  return { had, hidden };
}

/** A cookie's text with the framework's defaults, to compare: one that it filled in is not a change. */
function completed(cookie: unknown): string {
  const { originalMaxAge, sameSite, secure, path, httpOnly, domain, partitioned } = cookie as JsonObject;
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
    const read = await this.keeper.read(sid);
    if (!read) return null;
    // Where no cookie was stored, the framework takes its own.
    const was = () => partedData(dataWithCookie(read.again(), {}));
    const data: Data = partedData(dataWithCookie(read.session, {})).had;
    const loaded = this.keeper.loaded(read, data, was);
    data[MARK] = new Mark(loaded);
    return data;
  }

  /** What is known of the object: it was read, is a new Session, or is of unknown origin. */
  #known(sid: string, data: Data): Loaded | undefined {
    const loaded = this.#loaded.get(data) ?? data[MARK]?.loaded;
    if (loaded?.sid === sid) return loaded;
    const isSession = data.sessionId === sid && typeof data.encryptedSessionId === "string";
    return isSession ? Loaded.fresh(sid) : undefined;
  }

  set(sid: string, data: Data, callback?: Callback): Promise<void> {
    return deliver(this.#write(sid, data), callback);
  }

  async #write(sid: string, data: Data): Promise<void> {
    const loaded = this.#known(sid, data);
    if (loaded) this.#loaded.set(data, loaded);
    const before = loaded?.was.had;
    const { had: stored } = partedData(data, before);
    if (stored.cookie && before?.cookie && completed(stored.cookie) === completed(before.cookie)) {
      stored.cookie = before.cookie;
    }
    if (loaded?.isNew && Object.keys(stored).length <= 1) warnUninitialized();
    const ttl = this.keeper.ttl(data, data.cookie);
    await this.keeper.write(sid, loaded, { stored, data, ttl });
  }

  destroy(sid: string, callback?: Callback): Promise<void> {
    return deliver(this.keeper.end(sid), callback);
  }

  /** The sid of the request's session, which `sessionsOf` has: this device. */
  sidOf(request: { session: { sessionId: string } }): string {
    return publicSid(tokenOf(request.session.sessionId));
  }

  /** Ends the other sessions of the request's user; returns how many. */
  endOthers({ session }: { session: { sessionId: string } }): Promise<number> {
    return this.keeper.endOthers(session.sessionId, session, this.#known(session.sessionId, session));
  }
}
