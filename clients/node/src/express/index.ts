// The store for express-session, and so for NestJS.

import session from "express-session";
import { type Callback, deliver, promised } from "../deliver.js";
import type { SessionWithoutData } from "../session.js";
import {
  type CookieData,
  cookieData,
  cookieText,
  dataWithCookie,
  hasCookie,
  readCookieText,
} from "../stores/cookie.js";
import { type Device, deviceOf } from "../stores/device.js";
import { type Fields, partedFields, type Was } from "../stores/fields.js";
import { Keeper, listed, type Saving, sids, warnUninitialized } from "../stores/keeper.js";
import { Loaded, type Read } from "../stores/loaded.js";
import type { Data, StoreOptions } from "../stores/options.js";
import { remember, remembered } from "../stores/remembered.js";
import { publicSid, tokenOf } from "../stores/token.js";

export interface SessionsStoreOptions extends StoreOptions {
  /** The previous store: unknown sessions are moved from it, so that no user is logged out. */
  from?: Pick<session.Store, "get" | "destroy"> | undefined;
}

interface Request {
  headers?: object;
  session?: Data;
  sessionID?: string;
}

type Generate = (request: Request) => void;

function device(request: Data): Device {
  return deviceOf(request?.ip ?? request?.socket?.remoteAddress, request?.headers?.["user-agent"]);
}

// The properties of a Session without data: a Session ignores data with these names.
const EMPTY: object = Object.create(session.Session.prototype, { req: {}, id: {} });

/**
 * The stored data in the form that the Session has. They may be changed; `cookie` is the Session's
 * form of the cookie.
 */
function taken(stored: Map<string, string>, cookie: object): Was {
  let had = stored;
  let hidden: Fields = NOTHING;
  for (const name of stored.keys()) {
    if (name in EMPTY) ({ had, hidden } = partedFields(stored, (name) => !(name in EMPTY)));
  }
  return { had: had.set("cookie", cookieText(cookie)), hidden };
}

const NOTHING: Fields = new Map();

// The attributes that express-session gives a cookie by default.
const USUAL: CookieData = { path: "/", httpOnly: true, originalMaxAge: null, expires: null };

/** The data of a session that was read, as they are stored. */
function readData(read: Read): Was {
  const had = read.fields();
  return { had: had.set("cookie", readCookieText(had.get("cookie"), USUAL)), hidden: NOTHING };
}

/** The part of a session that is stored; `before` is the part that was stored before. */
function saved(data: Data, before?: Fields): Pick<Saving, "stored" | "cookie"> {
  return { stored: data, cookie: data.cookie && cookieText(data.cookie, before?.get("cookie")) };
}

function called<Result>(
  call: (callback: (error: unknown, result?: Result) => void) => void,
): Promise<Result | undefined> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result)));
  });
}

export class SessionsStore extends session.Store {
  readonly #keeper: Keeper;
  readonly #from: SessionsStoreOptions["from"];
  // The sessions in which no cookie was stored.
  readonly #withoutCookie = new WeakSet<object>();
  #generate: Generate | undefined;

  constructor(options: SessionsStoreOptions) {
    super();
    this.#keeper = new Keeper(options, (sid) => this.emit("ended", { sid }));
    this.#from = options.from;
    let generate: Generate | undefined;
    // express-session sets this function; the sessions that it makes are new.
    Object.defineProperty(this, "generate", {
      configurable: true,
      enumerable: true,
      get: () => generate,
      set: (given: Generate) => {
        this.#generate = given;
        generate = (request) => {
          given(request);
          if (request.session) remember(request.session, this, Loaded.fresh(String(request.sessionID)));
        };
      },
    });
  }

  /** The commands, for everything that the store does not do. */
  get sessions(): Keeper["sessions"] {
    return this.#keeper.sessions;
  }

  override get(sid: string, callback?: Callback): Promise<Data | null> {
    return deliver(this.#read(sid), callback);
  }

  #read(sid: string): Promise<Data | null> {
    return this.#keeper.read<Data | null>(sid, (read) => (read ? this.#given(read) : this.#move(sid)));
  }

  /** The data for express-session; they are remembered. */
  #given(read: Read): Data {
    const isWithout = !hasCookie(read.session);
    const data = dataWithCookie(read.session, { ...USUAL });
    if (isWithout) this.#withoutCookie.add(data);
    remember(
      data,
      this,
      this.#keeper.loaded(read, data, () => readData(read)),
    );
    return data;
  }

  /** The session in the previous store; null if there is none. */
  async #before(sid: string): Promise<Data | null> {
    const from = this.#from;
    try {
      return (from && (await called((callback) => from.get(sid, callback)))) ?? null;
    } catch (error) {
      // File stores return this error for a session that does not exist; express-session does the
      // same check.
      if ((error as { code?: string }).code === "ENOENT") return null;
      throw error;
    }
  }

  /** Moves a session from the previous store, and reads it. */
  async #move(sid: string): Promise<Data | null> {
    const data = await this.#before(sid);
    if (!data) return null;
    const ttl = this.#keeper.ttl(data, data.cookie);
    try {
      await this.#keeper.write(sid, Loaded.fresh(sid), { ...saved(data), data, ttl });
      // A session that is no longer there was ended there after it was read, or another request has
      // moved it and ended it here.
      if (!(await this.#before(sid))) {
        await this.#keeper.end(sid);
        return null;
      }
      await this.#endBefore(sid);
    } catch (error) {
      // Another request of the same browser moves the session and removes it there.
      if ((error as { code?: string }).code !== "EXISTS") throw error;
    }
    return this.#keeper.read(sid, (read) => read && this.#given(read));
  }

  /**
   * The cookie that express-session gives a new session of the request; undefined if the request
   * does not come from a browser.
   */
  #newCookie(request: Request): CookieData | undefined {
    if (!request.headers) return undefined;
    const other: Request = Object.create(request);
    this.#generate?.(other);
    return other.session?.cookie.toJSON();
  }

  override createSession(request: Data, data: Data): session.Session & Partial<session.SessionData> {
    const read = remembered<Loaded>(data, this);
    if (this.#withoutCookie.has(data)) data.cookie = this.#newCookie(request) ?? data.cookie;
    const created = super.createSession(request, data);
    if (read) {
      const cookie = cookieData(created.cookie); // As it is before the request changes it.
      const copy = read.copy((fields) => taken(fields, cookie));
      remember(created, this, copy);
    }
    return created;
  }

  override set(sid: string, data: Data, callback?: Callback): Promise<void> {
    return deliver(
      promised(() => this.#write(sid, data)),
      callback,
    );
  }

  /** What is known of the object, if it is stored under the same id under which it was read. */
  #known(sid: string, data: Data): Loaded | undefined {
    const loaded = remembered<Loaded>(data, this);
    return loaded?.sid === sid ? loaded : undefined;
  }

  #write(sid: string, data: Data): Promise<void> {
    const loaded = this.#known(sid, data);
    const { stored, cookie } = saved(data, loaded?.was.had);
    if (loaded?.isNew && Object.keys(data).length <= 1) warnUninitialized();
    const ttl = this.#keeper.ttl(data, data.cookie);
    const from = !loaded || loaded.isNew ? device(data.req) : undefined;
    return this.#keeper.write(sid, loaded, { stored, cookie, data, ttl, ip: from?.ip, ua: from?.ua });
  }

  override touch(sid: string, data: Data, callback?: Callback): Promise<void> {
    return deliver(
      promised(() => this.#keeper.refresh(sid, this.#known(sid, data), this.#keeper.ttl(data, data.cookie))),
      callback,
    );
  }

  override destroy(sid: string, callback?: Callback): Promise<void> {
    return deliver(this.#end(sid), callback);
  }

  async #end(sid: string): Promise<void> {
    // The previous store comes first: otherwise a request could move the session after it has ended
    // here.
    try {
      await this.#endBefore(sid);
    } finally {
      await this.#keeper.end(sid);
    }
  }

  async #endBefore(sid: string): Promise<void> {
    const from = this.#from;
    if (from) await called((callback) => from.destroy(sid, callback));
  }

  /** The data of all sessions, each with its sid as `id`: session ids are not stored. */
  override all(callback?: Callback): Promise<Data[]> {
    return deliver(listed(this.#keeper), callback);
  }

  /** The sids of all sessions. */
  ids(callback?: Callback): Promise<string[]> {
    return deliver(sids(this.#keeper), callback);
  }

  override length(callback?: Callback): Promise<number> {
    return deliver(this.#keeper.sessions.count(), callback);
  }

  override clear(callback?: Callback): Promise<void> {
    return deliver(
      this.#keeper.sessions.killAll().then(() => undefined),
      callback,
    );
  }

  /** A user's sessions, most recently active first. */
  sessionsOf(id: string | number): Promise<SessionWithoutData[]> {
    return this.#keeper.sessionsOf(id);
  }

  /** The sid of the request's session, to find this device in the result of `sessionsOf`. */
  sidOf(request: { sessionID: string }): string {
    return publicSid(tokenOf(request.sessionID));
  }

  /** Ends the other sessions of the request's user; returns how many. */
  endOthers(request: { sessionID: string; session: object }): Promise<number> {
    const { sessionID, session } = request;
    return this.#keeper.endOthers(sessionID, session, this.#known(sessionID, session));
  }

  /** Ends all sessions of a user, or the one with a sid; returns how many. */
  endAll(id: string | number, options: { only?: string } = {}): Promise<number> {
    return this.#keeper.endAll(id, options.only);
  }
}
