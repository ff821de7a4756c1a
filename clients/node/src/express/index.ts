// The store for express-session, and so for NestJS.

import session from "express-session";
import { type Callback, deliver } from "../deliver.js";
import type { Session, SessionWithoutData } from "../session.js";
import {
  type CookieData,
  completedCookie,
  cookieText,
  fieldsWithCookie,
  storedCookie,
} from "../stores/cookie.js";
import { type Device, deviceOf } from "../stores/device.js";
import { Keeper, type Loaded, listed, sids, warnUninitialized } from "../stores/keeper.js";
import type { Data, StoreOptions } from "../stores/options.js";
import { publicSid, tokenOf } from "../stores/token.js";

export interface SessionsStoreOptions extends StoreOptions {
  /** The store of before: a session that is unknown here is moved from it, so that nobody is logged out. */
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

/** What was read, as the Session has it: it leaves out what has the name of one of its methods. */
function taken(session: Data, read: Loaded): Loaded {
  const fields = new Map<string, string>();
  const hidden = new Map<string, string>();
  const has = Object.prototype.propertyIsEnumerable.bind(session);
  for (const [name, text] of read.fields) (has(name) ? fields : hidden).set(name, text);
  fields.set("cookie", cookieText(session.cookie, read.fields.get("cookie")));
  return { ...read, fields, hidden };
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
  // What was read, by the object that express-session or the program got.
  readonly #loaded = new WeakMap<object, Loaded>();
  // Those in which no cookie was stored.
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
          if (request.session)
            this.#loaded.set(request.session, this.#keeper.fresh(String(request.sessionID)));
        };
      },
    });
  }

  /** The commands, for what is not a store's. */
  get sessions(): Keeper["sessions"] {
    return this.#keeper.sessions;
  }

  override get(sid: string, callback?: Callback): Promise<Data | null> {
    return deliver(this.#read(sid), callback);
  }

  async #read(sid: string): Promise<Data | null> {
    const found = (await this.#keeper.read(sid)) ?? (await this.#move(sid));
    if (!found) return null;
    const stored = storedCookie(found);
    const data = { ...found.d, cookie: completedCookie(stored ?? { path: "/", httpOnly: true }, found) };
    if (!stored) this.#withoutCookie.add(data);
    this.#loaded.set(data, this.#keeper.loaded(sid, found, data, fieldsWithCookie(data)));
    return data;
  }

  /** Moves a session from the store of before, and reads it. */
  async #move(sid: string): Promise<Session | null> {
    const from = this.#from;
    const data: Data = from && (await called((callback) => from.get(sid, callback)));
    if (!from || !data) return null;
    const ttl = this.#keeper.ttl(data, data.cookie);
    try {
      await this.#keeper.write(sid, this.#keeper.fresh(sid), { fields: fieldsWithCookie(data), data, ttl });
    } catch (error) {
      // Another request of the same browser has moved it.
      if ((error as { code?: string }).code !== "EXISTS") throw error;
    }
    await called((callback) => from.destroy(sid, callback));
    return this.#keeper.read(sid);
  }

  /** The cookie that express-session gives a new session of the request; undefined if that is not one of a browser. */
  #newCookie(request: Request): CookieData | undefined {
    if (!request.headers) return undefined;
    const other: Request = Object.create(request);
    this.#generate?.(other);
    return other.session?.cookie.toJSON();
  }

  override createSession(request: Data, data: Data): session.Session & Partial<session.SessionData> {
    const read = this.#loaded.get(data);
    if (this.#withoutCookie.has(data)) data.cookie = this.#newCookie(request) ?? data.cookie;
    const created = super.createSession(request, data);
    if (read) this.#loaded.set(created, taken(created, read));
    return created;
  }

  override set(sid: string, data: Data, callback?: Callback): Promise<void> {
    return deliver(this.#write(sid, data), callback);
  }

  /** What is known of the object, if it is stored under the id that it was read under. */
  #known(sid: string, data: Data): Loaded | undefined {
    const loaded = this.#loaded.get(data);
    return loaded?.token === tokenOf(sid) ? loaded : undefined;
  }

  async #write(sid: string, data: Data): Promise<void> {
    const loaded = this.#known(sid, data);
    const texts = fieldsWithCookie(data, loaded?.fields);
    if (loaded?.isNew && texts.size <= 1) warnUninitialized();
    const ttl = this.#keeper.ttl(data, data.cookie);
    await this.#keeper.write(sid, loaded, { fields: texts, data, ttl, ...device(data.req) });
  }

  override touch(sid: string, data: Data, callback?: Callback): Promise<void> {
    return deliver(this.#refresh(sid, data), callback);
  }

  async #refresh(sid: string, data: Data): Promise<void> {
    await this.#keeper.refresh(sid, this.#known(sid, data), this.#keeper.ttl(data, data.cookie));
  }

  override destroy(sid: string, callback?: Callback): Promise<void> {
    return deliver(this.#end(sid), callback);
  }

  async #end(sid: string): Promise<void> {
    await this.#keeper.end(sid);
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

  /** The sid of the request's session, which `sessionsOf` has: this device. */
  sidOf(request: { sessionID: string }): string {
    return publicSid(tokenOf(request.sessionID));
  }

  /** Ends the other sessions of the request's user; returns how many. */
  endOthers(request: { sessionID: string; session: object }): Promise<number> {
    return this.#keeper.endOthers(request.sessionID, request.session);
  }

  /** Ends all sessions of a user, or the one with a sid; returns how many. */
  endAll(id: string | number, options: { only?: string } = {}): Promise<number> {
    return this.#keeper.endAll(id, options.only);
  }
}
