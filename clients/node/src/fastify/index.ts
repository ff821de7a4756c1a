// The store for @fastify/session. @fastify/session copies the properties of the data into its own
// object, so what is remembered is a property that JSON omits.

import { type Callback, deliver } from "../deliver.js";
import { cookieText, dataWithCookie, readCookieText } from "../stores/cookie.js";
import { parted, partedFields, type Was } from "../stores/fields.js";
import { warnUninitialized } from "../stores/keeper.js";
import { Loaded, type Read } from "../stores/loaded.js";
import { ManagedStore } from "../stores/management.js";
import type { Data, StoreOptions } from "../stores/options.js";
import { remember, remembered } from "../stores/remembered.js";
import { publicSid, tokenOf } from "../stores/token.js";

export type SessionsStoreOptions = StoreOptions;

const MARK = "_loaded";

/** What was read, in a form that JSON omits. */
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

// Properties of the framework's Session. It does not copy some of them from the data, and others
// would replace its methods. It also assigns `__proto__`, which would change its prototype.
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

const canHave = (name: string) => !NAMES.has(name);

/**
 * The stored data of a session that was read. If no cookie was stored, the framework uses its own.
 */
function readData(read: Read): Was {
  const { had, hidden } = partedFields(read.fields(), canHave);
  return { had: had.set("cookie", readCookieText(had.get("cookie"), {})), hidden };
}

/**
 * The text of a cookie with the framework's defaults, for comparison: a default that the framework
 * has filled in is not a change.
 */
function completed(cookie: string): string {
  const { originalMaxAge, sameSite, secure, path, httpOnly, domain, partitioned } = JSON.parse(cookie);
  const flags = [secure || null, sameSite || null, domain || null, partitioned || null];
  return JSON.stringify([originalMaxAge ?? null, path || "/", httpOnly ?? true, ...flags]);
}

export class SessionsStore extends ManagedStore {
  get(sid: string, callback?: Callback): Promise<Data | null> {
    return deliver(this.#read(sid), callback);
  }

  #read(sid: string): Promise<Data | null> {
    return this.keeper.read(sid, (read) => {
      if (!read) return null;
      const [data]: Data[] = parted(dataWithCookie(read.session, {}), canHave);
      const { expires: _, originalExpires: __, ...cookie } = data.cookie;
      data.cookie = cookie;
      const loaded = this.keeper.loaded(read, data, () => readData(read));
      data[MARK] = new Mark(loaded);
      return data;
    });
  }

  /** What is known of the object, which was read, is a new Session, or is of unknown origin. */
  #known(sid: string, data: Data): Loaded | undefined {
    const loaded = remembered<Loaded>(data, this) ?? data[MARK]?.loaded;
    if (loaded?.sid === sid) return loaded;
    const isSession = data.sessionId === sid && typeof data.encryptedSessionId === "string";
    return isSession ? Loaded.fresh(sid) : undefined;
  }

  set(sid: string, data: Data, callback?: Callback): Promise<void> {
    return deliver(this.#write(sid, data), callback);
  }

  async #write(sid: string, data: Data): Promise<void> {
    const loaded = this.#known(sid, data);
    if (loaded) remember(data, this, loaded);
    const [stored] = parted(data, canHave);
    const before = loaded?.was.had.get("cookie");
    let cookie: string | undefined;
    if (data.cookie) {
      stored.cookie = data.cookie;
      cookie = cookieText(data.cookie, before);
      if (before !== undefined && completed(cookie) === completed(before)) cookie = before;
    }
    if (loaded?.isNew && Object.keys(stored).length <= 1) warnUninitialized();
    const ttl = this.keeper.ttl(data, data.cookie);
    await this.keeper.write(sid, loaded, { stored, cookie, data, ttl });
  }

  destroy(sid: string, callback?: Callback): Promise<void> {
    return deliver(this.keeper.end(sid), callback);
  }

  /** The sid of the request's session, to find this device in the result of `sessionsOf`. */
  sidOf(request: { session: { sessionId: string } }): string {
    return publicSid(tokenOf(request.session.sessionId));
  }

  /** Ends the other sessions of the request's user; returns how many. */
  endOthers({ session }: { session: { sessionId: string } }): Promise<number> {
    return this.keeper.endOthers(session.sessionId, session, this.#known(session.sessionId, session));
  }
}
